//! The identity providers that are built in, and the documents by which others come to trust what is issued here.
//!
//! Everything in it answers a request of the companion; nothing in it decides who may ask.

pub mod documents;
