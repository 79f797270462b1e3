//! Generic code, trait objects, `Any`, type ids and names.
use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::rc::Rc;
use std::sync::Arc;
trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String {
        type_name::<Self>().rsplit("::").next().unwrap().to_owned()
    }
}
struct Square(f64);
struct Circle {
    radius: f64,
}
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}
impl Shape for Circle {
    fn area(&self) -> f64 {
        3.0 * self.radius * self.radius
    }
    fn name(&self) -> String {
        "round".into()
    }
}
fn largest<T: PartialOrd + Copy>(values: &[T]) -> Option<T> {
    values.iter().copied().fold(None, |best, value| match best {
        Some(best) if best >= value => Some(best),
        _ => Some(value),
    })
}
fn describe(value: &dyn Any) -> String {
    if let Some(number) = value.downcast_ref::<i32>() {
        format!("number {number}")
    } else if let Some(text) = value.downcast_ref::<String>() {
        format!("text {text}")
    } else {
        "something".into()
    }
}
trait Super: Debug {
    fn plus(&self) -> i32;
}
trait Sub: Super {
    fn minus(&self) -> i32;
}
#[derive(Debug)]
struct Both(i32);
impl Super for Both {
    fn plus(&self) -> i32 {
        self.0 + 1
    }
}
impl Sub for Both {
    fn minus(&self) -> i32 {
        self.0 - 1
    }
}
fn main() {
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(2.0)), Box::new(Circle { radius: 1.5 })];
    for shape in &shapes {
        println!("{} {}", shape.name(), shape.area());
    }
    println!("{:?} {:?} {:?}", largest(&[3, 9, 2]), largest(&[1.5, -2.0]), largest::<char>(&[]));
    println!("{} {} {}", describe(&5), describe(&"x".to_owned()), describe(&1u8));
    println!("{} {}", TypeId::of::<Vec<i32>>() == TypeId::of::<Vec<i32>>(), TypeId::of::<i32>() == TypeId::of::<u32>());
    println!("{} {}", type_name::<HashMap<String, Option<&[u8]>>>(), type_name::<dyn Display + Send>());
    let boxed: Box<dyn Any + Send> = Box::new(Arc::new(5));
    println!("{:?}", boxed.downcast::<Arc<i32>>());
    let rc: Rc<dyn Sub> = Rc::new(Both(7));
    let up: Rc<dyn Super> = rc.clone();
    println!("{:?} {} {} {}", rc, rc.minus(), up.plus(), Rc::strong_count(&rc));
    println!("{} {}", size_of_val(&*shapes[0]), size_of_val(&*shapes[1]));
}
