//! Tests of the reader of OpenAI streams.
