//! The stream of the validator's events: opened, kept alive, ended with the service.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::web::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::companion::Companion;
use super::connections::{self, Watched};
use super::limits::EVENT_HEARTBEAT;
use super::validator::{refuse, write_head};
use crate::validator::Reply;
use crate::validator::events::{GREETING, HEARTBEAT, frames};

/// Answers with the changes after `after`, as they happen.
pub fn open(request: &Request, companion: &Arc<Companion>, reply: &Reply, after: u64) -> HttpResponse {
    let Ok(place) = Arc::clone(&companion.streams).try_acquire_owned() else {
        return refuse(companion, 429, "too many streams of events are open");
    };
    let (sender, receiver) = mpsc::channel(1);
    let teller = Teller {
        companion: Arc::clone(companion),
        watched: connections::watched(request),
        sender,
        told: after,
        _place: place,
    };
    actix_web::rt::spawn(teller.tell());
    let mut response = HttpResponse::Ok().streaming(Frames(receiver));
    write_head(response.headers_mut(), reply);
    response
}

/// Tells one client.
struct Teller {
    companion: Arc<Companion>,
    watched: Option<Watched>,
    sender: mpsc::Sender<Bytes>,
    told: u64,
    _place: OwnedSemaphorePermit,
}

impl Teller {
    async fn tell(mut self) {
        let mut news = self.companion.service.world().news().listen();
        let mut stopping = self.companion.stopping.clone();
        let mut next = GREETING.to_owned();
        loop {
            // INVARIANT: the news are marked as heard before they are read, so that none falls between.
            news.mark_unchanged();
            let changes = self.companion.service.world().news().after(self.told);
            if let Some(last) = changes.last() {
                self.told = last.epoch;
            }
            next.push_str(&frames(&changes));
            if !next.is_empty() && self.sender.send(Bytes::from(std::mem::take(&mut next))).await.is_err() {
                return;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                () = self.sender.closed() => return,
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = actix_web::rt::time::sleep(EVENT_HEARTBEAT) => {
                    next.push_str(HEARTBEAT);
                    if let Some(watched) = &self.watched {
                        watched.heard();
                    }
                }
            }
        }
    }
}

struct Frames(mpsc::Receiver<Bytes>);

impl futures_core::Stream for Frames {
    type Item = Result<Bytes, actix_web::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}
