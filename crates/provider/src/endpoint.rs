//! Where a request of a target goes: scheme, host, port, path and query.
