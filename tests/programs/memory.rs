//! Reference counting, cells, leaks, boxes of slices and strings, and dropping in order.
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
struct Named(&'static str);
impl Drop for Named {
    fn drop(&mut self) {
        println!("drop {}", self.0);
    }
}
struct Node {
    name: &'static str,
    parent: RefCell<Weak<Node>>,
    children: RefCell<Vec<Rc<Node>>>,
}
fn normal(text: &str) -> Cow<'_, str> {
    if text.contains(' ') { text.replace(' ', "_").into() } else { text.into() }
}
fn main() {
    let (_a, _b) = (Named("a"), Named("b"));
    let boxed: Box<[Named]> = vec![Named("x"), Named("y")].into_boxed_slice();
    drop(boxed);
    let leaf = Rc::new(Node { name: "leaf", parent: RefCell::default(), children: RefCell::default() });
    let branch = Rc::new(Node { name: "branch", parent: RefCell::default(), children: vec![leaf.clone()].into() });
    *leaf.parent.borrow_mut() = Rc::downgrade(&branch);
    println!("{:?} {}", leaf.parent.borrow().upgrade().map(|node| node.name), branch.children.borrow()[0].name);
    drop(branch);
    println!("{}", leaf.parent.borrow().upgrade().is_none());
    let leaked: &'static mut [u8] = Box::leak(vec![1, 2, 3].into());
    leaked[0] = 9;
    println!("{leaked:?} {} {}", normal("a b"), normal("ab"));
    let text: Arc<str> = "shared".into();
    println!("{} {}", Arc::strong_count(&text), text.clone());
    let cell = Cell::new(5);
    println!("{} {}", cell.replace(6), RefCell::new(1).try_borrow_mut().is_ok());
    std::mem::forget(Named("forgotten"));
    let mut option = Some(Named("taken"));
    drop(option.take());
    println!("{}", option.is_none());
}
