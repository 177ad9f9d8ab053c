"""The command line: commands, tables that fit a terminal, a progress bar where something takes long."""
