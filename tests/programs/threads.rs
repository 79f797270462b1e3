//! Threads, scoped threads, channels, barriers and locks.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc};
use std::thread;

fn main() {
    let total = Arc::new(Mutex::new(0u64));
    let handles: Vec<_> = (0..8u64)
        .map(|n| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for _ in 0..1000 {
                    *total.lock().unwrap() += n;
                }
                n * n
            })
        })
        .collect();
    let squares: Vec<u64> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
    println!("{squares:?} {}", total.lock().unwrap());

    let mut numbers = vec![1, 2, 3, 4, 5, 6];
    let (left, right) = numbers.split_at_mut(3);
    thread::scope(|scope| {
        scope.spawn(|| left.iter_mut().for_each(|n| *n *= 10));
        scope.spawn(|| right.iter_mut().for_each(|n| *n += 1));
    });
    println!("{numbers:?}");

    let (sender, receiver) = mpsc::channel();
    for id in 0..4 {
        let sender = sender.clone();
        thread::Builder::new()
            .name(format!("worker-{id}"))
            .spawn(move || sender.send((id, thread::current().name().map(str::to_owned))).unwrap())
            .unwrap();
    }
    drop(sender);
    let mut seen: Vec<_> = receiver.iter().collect();
    seen.sort();
    println!("{seen:?} in {:?}", thread::current().name());

    let (sender, receiver) = mpsc::sync_channel(0);
    let ping = thread::spawn(move || (0..5).for_each(|n| sender.send(n).unwrap()));
    println!("{}", receiver.iter().sum::<i32>());
    ping.join().unwrap();

    let barrier = Arc::new(Barrier::new(3));
    let leaders = Arc::new(AtomicUsize::new(0));
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let (barrier, leaders) = (barrier.clone(), leaders.clone());
            thread::spawn(move || leaders.fetch_add(barrier.wait().is_leader() as usize, Ordering::SeqCst))
        })
        .collect();
    waiting.into_iter().for_each(|handle| drop(handle.join().unwrap()));
    println!("{} leader", leaders.load(Ordering::SeqCst));

    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    thread::spawn(move || {
        *other.0.lock().unwrap() = true;
        other.1.notify_one();
    });
    let mut ready = pair.0.lock().unwrap();
    while !*ready {
        ready = pair.1.wait(ready).unwrap();
    }
    let lock = RwLock::new(5);
    println!("{} {}", *ready, *lock.read().unwrap() + *lock.read().unwrap());
}
