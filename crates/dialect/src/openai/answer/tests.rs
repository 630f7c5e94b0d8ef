//! Tests of reading whole OpenAI answers.
