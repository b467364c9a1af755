//! The command line: the only part that touches disk, standard output and the environment.
