//! How identities behave over time and in each of their forms, against scripted endpoints.

mod aws;
mod azure;
mod google;
mod life;
mod scripted;
