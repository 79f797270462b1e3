//! The processors, and the numbers of theirs that the ELF supplements give.

use object::elf;

/// A processor that can be linked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// AMD64.
    X86_64,
    /// 64-bit Arm, little-endian.
    Aarch64,
}

/// The dynamic relocations' numbers.
pub(crate) struct Dynamic {
    pub(crate) relative: u32,
    pub(crate) word: u32,
    pub(crate) address: u32,
    pub(crate) module: u32,
    pub(crate) offset: u32,
    pub(crate) initial: u32,
    pub(crate) descriptor: u32,
    pub(crate) resolver: u32,
}

impl Machine {
    /// This process's.
    pub const HOST: Self = if cfg!(target_arch = "aarch64") { Self::Aarch64 } else { Self::X86_64 };

    pub(crate) fn number(self) -> u16 {
        match self {
            Self::X86_64 => elf::EM_X86_64,
            Self::Aarch64 => elf::EM_AARCH64,
        }
    }

    /// The largest page that a kernel for it may have.
    pub(crate) fn page(self) -> u64 {
        match self {
            Self::X86_64 => 0x1000,
            Self::Aarch64 => 0x10000,
        }
    }

    /// The length of a stub that jumps through a slot.
    pub(crate) fn stub(self) -> u64 {
        match self {
            Self::X86_64 => 8,
            Self::Aarch64 => 16,
        }
    }

    pub(crate) fn dynamic(self) -> Dynamic {
        match self {
            Self::X86_64 => Dynamic {
                relative: elf::R_X86_64_RELATIVE,
                word: elf::R_X86_64_64,
                address: elf::R_X86_64_GLOB_DAT,
                module: elf::R_X86_64_DTPMOD64,
                offset: elf::R_X86_64_DTPOFF64,
                initial: elf::R_X86_64_TPOFF64,
                descriptor: elf::R_X86_64_TLSDESC,
                resolver: elf::R_X86_64_IRELATIVE,
            },
            Self::Aarch64 => Dynamic {
                relative: elf::R_AARCH64_RELATIVE,
                word: elf::R_AARCH64_ABS64,
                address: elf::R_AARCH64_GLOB_DAT,
                module: elf::R_AARCH64_TLS_DTPMOD,
                offset: elf::R_AARCH64_TLS_DTPREL,
                initial: elf::R_AARCH64_TLS_TPREL,
                descriptor: elf::R_AARCH64_TLSDESC,
                resolver: elf::R_AARCH64_IRELATIVE,
            },
        }
    }
}
