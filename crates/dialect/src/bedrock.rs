//! The dialect `bedrock`: AWS Bedrock's Converse.
