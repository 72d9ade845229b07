//! Joins source, scanner, findings and reporters; owns the threads.
