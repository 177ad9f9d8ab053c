"""Cap tables from and to the files of other programs: the Open Cap Table Format (OCF) 1.2.0."""
