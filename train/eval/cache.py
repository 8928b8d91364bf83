"""A cache of keys and values with room to grow.

The cache of transformers is copied whole at every token, which is a fifth of the time of a tiny
model on a CPU, and twice the memory of a large one at its largest. Here a layer is a view of a
larger tensor that is written to in place, and copied only when that is full. The values, and so the
tokens, are the same.
"""

from functools import cache
from typing import Any

SPARE = 64
"""Room for so many tokens at least, or for a quarter of those there are."""


def roomy_cache(config: Any) -> Any:  # noqa: ANN401
    """The dynamic cache for a model, whose layers of full attention have room to grow.

    Layers of other kinds (sliding windows, recurrent states) stay as transformers has them.
    """
    from transformers.cache_utils import DynamicCache, DynamicLayer

    made = DynamicCache(config=config)
    made.layers = [
        roomy_layer()() if type(layer) is DynamicLayer else layer for layer in made.layers
    ]
    return made


@cache
def roomy_layer() -> Any:  # noqa: ANN401
    """The class of such layers; made here, so that transformers is imported only when needed."""
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):  # type: ignore[misc]  # transformers is not typed
        """A layer whose keys and values are views of the start of larger tensors."""

        keys: Any
        values: Any

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:  # noqa: ANN401
            """Put the new states behind those there are; all of them."""
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                self.rooms: list[Any] = [None, None]
                self.views: list[Any] = [None, None]
            self.keys = self._grown(0, self.keys, key_states)
            self.values = self._grown(1, self.values, value_states)
            return self.keys, self.values

        def _grown(self, at: int, held: Any, new: Any) -> Any:  # noqa: ANN401
            length = held.shape[-2] if held.numel() else 0
            total = length + new.shape[-2]
            room = self.rooms[at]
            # another view is there after rows were taken out, and has to be copied once
            if held is not self.views[at] or room is None or total > room.shape[-2]:
                size = total + max(SPARE, total // 4)
                room = new.new_empty((*new.shape[:-2], size, new.shape[-1]))
                if length:
                    room[..., :length, :] = held
                self.rooms[at] = room
            room[..., length:total, :] = new
            self.views[at] = room[..., :total, :]
            return self.views[at]

    return RoomyLayer
