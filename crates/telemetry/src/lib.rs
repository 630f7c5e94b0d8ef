//! The one record of each request, the metrics, and their names.
