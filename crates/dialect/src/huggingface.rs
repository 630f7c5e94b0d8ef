//! The dialect `huggingface`: Hugging Face's text generation inference.
