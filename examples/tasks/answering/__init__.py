"""What trainers, server and the making of the data share: one module a kind of task, each with `train` and `load`."""
