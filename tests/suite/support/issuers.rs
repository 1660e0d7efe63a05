//! Issuers without a network: their documents by address, and what was asked of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_sts::env::{Document, FetchFault, KeyFetch, Wish};
use serde_json::json;

/// Documents by address. Cloning shares them.
#[derive(Clone, Default)]
pub struct Issuers(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    documents: HashMap<String, Result<String, FetchFault>>,
    asked: Vec<String>,
}

impl Issuers {
    /// An issuer whose discovery document leads to these keys.
    pub fn of(issuer: &str, keys: &str) -> Self {
        let issuers = Self::default();
        issuers.publish(issuer, Ok(keys));
        issuers
    }

    /// Has an issuer publish these keys, or none.
    pub fn publish(&self, issuer: &str, keys: Result<&str, FetchFault>) {
        let base = issuer.trim_end_matches('/');
        let discovery = json!({"issuer": issuer, "jwks_uri": format!("{base}/keys")}).to_string();
        self.serve(&format!("{base}/.well-known/openid-configuration"), Ok(&discovery));
        self.serve(&format!("{base}/keys"), keys);
    }

    /// Has an address answer so.
    pub fn serve(&self, url: &str, document: Result<&str, FetchFault>) {
        self.0.lock().unwrap().documents.insert(url.to_owned(), document.map(str::to_owned));
    }

    /// The addresses that were asked, in order, since this was last looked at.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }
}

impl KeyFetch for Issuers {
    fn get(&self, wish: &Wish<'_>) -> Result<Document, FetchFault> {
        let mut pages = self.0.lock().unwrap();
        pages.asked.push(wish.url.to_owned());
        let nobody = || Err(FetchFault::Unreachable("nobody is there".to_owned()));
        let document = pages.documents.get(wish.url).cloned().unwrap_or_else(nobody)?;
        Ok(Document { body: document.into_bytes(), caching: String::new(), took: Duration::ZERO })
    }
}
