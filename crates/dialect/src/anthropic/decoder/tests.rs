//! Which streams are read how.
