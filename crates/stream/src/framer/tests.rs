//! Tests of the framer.
