//! A program that starts itself: arguments, streams, exit statuses and environment of the children.
use std::env;
use std::io::{Read, Write};
use std::process::{Command, Stdio, exit};
fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        None => parent(),
        Some("echo") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            print!("{} {:?} {:?}", text.to_uppercase(), arguments, env::var("FROM_PARENT"));
        }
        Some("exit") => exit(arguments[1].parse().unwrap()),
        Some("panic") => panic!("as asked"),
        Some("again") => {
            let status = Command::new(env::current_exe().unwrap()).args(["exit", "9"]).status().unwrap();
            exit(status.code().unwrap() + 1);
        }
        Some(_) => exit(2),
    }
}
fn parent() {
    let own = env::current_exe().unwrap();
    let mut echo = Command::new(&own)
        .args(["echo", "x y"])
        .env("FROM_PARENT", "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    echo.stdin.take().unwrap().write_all(b"text").unwrap();
    println!("{}", String::from_utf8(echo.wait_with_output().unwrap().stdout).unwrap());
    println!("{:?}", Command::new(&own).args(["exit", "5"]).status().unwrap().code());
    println!("{:?}", Command::new(env::args_os().next().unwrap()).args(["exit", "6"]).status().unwrap().code());
    println!("{:?}", Command::new(&own).arg("again").status().unwrap().code());
    let output = Command::new(&own).arg("panic").output().unwrap();
    println!("{:?} {}", output.status.code(), String::from_utf8_lossy(&output.stderr).contains("as asked"));
}
