//! The dialect `llama`: raw prompts of Llama 2.
