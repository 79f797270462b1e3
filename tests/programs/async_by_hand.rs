//! Futures, polled by an executor of a few lines.
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
struct Unpark(Thread);
impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
struct Later(u32);
impl Future for Later {
    type Output = &'static str;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.0 == 0 {
            return Poll::Ready("done");
        }
        self.0 -= 1;
        let waker = context.waker().clone();
        thread::spawn(move || waker.wake());
        Poll::Pending
    }
}
async fn sum(to: u32) -> u32 {
    let mut sum = 0;
    for n in 0..to {
        Later(n % 3).await;
        sum += n;
    }
    sum
}
trait Job {
    fn run(&self) -> Pin<Box<dyn Future<Output = u32> + '_>>;
}
struct Twice(u32);
impl Job for Twice {
    fn run(&self) -> Pin<Box<dyn Future<Output = u32> + '_>> {
        Box::pin(async { sum(self.0).await * 2 })
    }
}
fn main() {
    println!("{}", block_on(Later(3)));
    println!("{}", block_on(sum(10)));
    let jobs: Vec<Box<dyn Job>> = vec![Box::new(Twice(4)), Box::new(Twice(5))];
    println!("{:?}", block_on(async {
        let mut results = Vec::new();
        for job in &jobs {
            results.push(job.run().await);
        }
        results
    }));
    let closure = async |n: u32| sum(n).await + 1;
    println!("{}", block_on(closure(6)));
}
