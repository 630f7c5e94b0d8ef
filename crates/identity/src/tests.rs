//! How identities behave over time, against scripted endpoints.
