"""The embedded lab: a small world where everything is truly trained, with nothing downloaded."""
