"""A small chat server on this machine, with the troubles of real ones, for the tests of judges."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[str], str]


class Server(ThreadingHTTPServer):
    """Replies to every prompt by a function, unless a trouble is next."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.prompts: list[str] = []
        self.keys: list[str | None] = []
        self.troubles: list[int] = []
        """A status of 400 and above, or any other number for a body that is no JSON."""
        self.delay_s = 0.0

    @property
    def name(self) -> str:
        return f"openai:tiny@http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = body["messages"][0]["content"]
        self.server.prompts.append(prompt)
        self.server.keys.append(self.headers.get("Authorization"))
        time.sleep(self.server.delay_s)
        trouble = self.server.troubles.pop() if self.server.troubles else 0
        if trouble >= 400:
            self.send_response(trouble)
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        message = {"role": "assistant", "content": self.server.reply(prompt)}
        content = "no JSON" if trouble else json.dumps({"choices": [{"message": message}]})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(reply: Reply) -> Iterator[Server]:
    """The server, while the block runs."""
    with Server(reply) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
