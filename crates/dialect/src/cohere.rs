//! The dialect `cohere`: Cohere's chat and embed.
