"""Arms, bases and seeds: supervised fine-tuning and its evaluation."""
