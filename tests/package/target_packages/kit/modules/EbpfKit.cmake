# A stand-in for the file by which fill.cmake knows the sources.
