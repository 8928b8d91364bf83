"""How good a trace is, by what can be seen in its text: signals, their combination, and a grade."""
