//! Doors that are served by a thread of their own, for as long as a value lives.

use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::doors::{Doors, Failure, Stop};

/// Served doors. Dropping it closes them, and waits until they are.
pub struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Answers whoever comes from now on.
    pub fn serve(doors: Doors) -> Result<Self, Failure> {
        let (stop, told_to_stop) = oneshot::channel();
        let (begun, has_begun) = mpsc::channel();
        let serve = async move {
            let running = match doors.serve() {
                Ok(running) => running,
                Err(why) => return drop(begun.send(Err(why))),
            };
            drop(begun.send(Ok(())));
            let told_to_stop = async {
                // That nobody can tell it any more is as good as being told.
                let _ = told_to_stop.await;
            };
            if let Err(why) = running.until(told_to_stop, Stop::Now).await {
                tracing::error!("the doors did not close as they should: {why}");
            }
        };
        let thread = std::thread::Builder::new().name("local-sts".to_owned());
        let thread = thread.spawn(move || actix_web::rt::System::new().block_on(serve))?;
        has_begun.recv()??;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Whoever is gone needs not be told.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by itself.
            let _ = thread.join();
        }
    }
}
