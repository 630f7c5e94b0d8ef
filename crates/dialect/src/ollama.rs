//! The dialect `ollama`: Ollama's own API.
