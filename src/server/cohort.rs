//! Requests that came together take each step together.
//!
//! WHY: a request runs through more code than the processor keeps at hand, each piece of it once. Where those that wait
//! for one worker read, then judge, then write, each fetches little that the one before it has not just used
//! (Larus and Parkes, "Using Cohort Scheduling to Enhance Server Performance", 2002).

use std::task::Poll;

/// Lets what else this worker has to do right now go first.
pub async fn others_first() {
    let mut asked = false;
    std::future::poll_fn(|context| {
        if asked {
            return Poll::Ready(());
        }
        asked = true;
        // The framework serves those who are ready in the order in which they were woken.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn those_who_are_ready_take_each_step_one_after_another() {
        let steps = Rc::new(RefCell::new(String::new()));
        let walk = |who: char, steps: Rc<RefCell<String>>| async move {
            for step in ['1', '2', '3'] {
                steps.borrow_mut().extend([who, step, ' ']);
                others_first().await;
            }
        };
        actix_web::rt::System::new().block_on(async {
            let walks = ['a', 'b'].map(|who| actix_web::rt::spawn(walk(who, Rc::clone(&steps))));
            for walk in walks {
                walk.await.unwrap();
            }
        });
        assert_eq!(*steps.borrow(), "a1 b1 a2 b2 a3 b3 ");
    }
}
