//! Unions, transmutes, bit fields by hand, packed structures and raw pointers.
use std::mem::{ManuallyDrop, MaybeUninit, offset_of};
#[repr(C)]
union Bits {
    float: f32,
    bytes: [u8; 4],
    word: u32,
}
union Held {
    text: ManuallyDrop<String>,
    number: u64,
}
#[repr(C, packed)]
struct Packed {
    a: u8,
    b: u32,
    c: u16,
}
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(dead_code)]
enum Small {
    A = 3,
    B,
    C = 200,
}
fn main() {
    let mut bits = Bits { float: 1.5 };
    unsafe {
        println!("{:x} {:?}", bits.word, bits.bytes);
        bits.bytes[3] |= 0x80;
        println!("{}", bits.float);
        let mut held = Held { text: ManuallyDrop::new("inside".into()) };
        println!("{}", *held.text);
        ManuallyDrop::drop(&mut held.text);
        held.number = 9;
        println!("{}", held.number);
        println!("{:?}", std::mem::transmute::<u8, Small>(200));
        let mut array: [MaybeUninit<u32>; 4] = [const { MaybeUninit::uninit() }; 4];
        array.iter_mut().enumerate().for_each(|(n, slot)| drop(slot.write(n as u32 * 11)));
        println!("{:?}", std::mem::transmute::<_, [u32; 4]>(array));
        let words = [1u16, 2, 3];
        println!("{}", *words.as_ptr().add(2) + words.as_ptr().cast::<u8>().add(1).read() as u16);
    }
    println!("{} {} {}", size_of::<Packed>(), offset_of!(Packed, c), size_of::<Option<Box<u8>>>());
    let packed = Packed { a: 1, b: 0x01020304, c: 5 };
    println!("{} {} {}", packed.a, { packed.b }, { packed.c });
    println!("{:?} {}", Small::B, Small::C as i32);
}
