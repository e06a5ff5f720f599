//! Classic BPF, run in safe Rust.
//!
//! libpcap compiles expressions, but its crate runs them with the captured length for the wire's,
//! so `len`, `greater` and `less` would be wrong on cut frames.
//!
//! ```text
//!   an instruction                        the machine
//!   +--------+----+----+----------------+   A, X      32-bit registers
//!   |  code  | jt | jf |       k        |   M[0..16]  scratch words
//!   +--------+----+----+----------------+   the frame, big-endian, and its length on the wire
//!   16 bits  jumps if    32 bits
//!            true, false: so many further
//! ```

/// A checked program: jumps stay inside, and those that lead back are counted, so running it ends.
#[derive(Debug)]
pub(super) struct Program(Vec<Instruction>);

/// One instruction, as libpcap and the kernel lay it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Instruction {
    /// What to do.
    pub(in crate::capture) code: u16,
    /// Instructions to skip when the comparison holds.
    pub(in crate::capture) jt: u8,
    /// Instructions to skip when it does not.
    pub(in crate::capture) jf: u8,
    /// The operand.
    pub(in crate::capture) k: u32,
}

/// Jumps back that a run may make. Only `protochain` compiles to any: one for each header of a
/// chain, of which a frame has room for fewer.
const JUMPS_BACK: u32 = 4096;

/// Scratch words of the machine.
const SCRATCH: usize = 16;

// Classes.
const LD: u16 = 0x00;
const LDX: u16 = 0x01;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ALU: u16 = 0x04;
const JMP: u16 = 0x05;
const RET: u16 = 0x06;
const MISC: u16 = 0x07;
// Sizes.
const W: u16 = 0x00;
const H: u16 = 0x08;
const B: u16 = 0x10;
// Modes.
const IMM: u16 = 0x00;
const ABS: u16 = 0x20;
const IND: u16 = 0x40;
const MEM: u16 = 0x60;
const LEN: u16 = 0x80;
const MSH: u16 = 0xa0;
// Arithmetic and jumps.
const ADD: u16 = 0x00;
const SUB: u16 = 0x10;
const MUL: u16 = 0x20;
const DIV: u16 = 0x30;
const OR: u16 = 0x40;
const AND: u16 = 0x50;
const LSH: u16 = 0x60;
const RSH: u16 = 0x70;
const NEG: u16 = 0x80;
const MOD: u16 = 0x90;
const XOR: u16 = 0xa0;
const JA: u16 = 0x00;
const JEQ: u16 = 0x10;
const JGT: u16 = 0x20;
const JGE: u16 = 0x30;
const JSET: u16 = 0x40;
// The operand: k, or X; of RET also A.
const K: u16 = 0x00;
const X: u16 = 0x08;
const A: u16 = 0x10;
const TAX: u16 = 0x00;
const TXA: u16 = 0x80;

impl Program {
    /// Checks a program: every code is known, every jump stays inside, nothing runs past the end.
    /// `None` when that does not hold.
    pub(super) fn checked(instructions: Vec<Instruction>) -> Option<Self> {
        let count = instructions.len();
        let sound = instructions.iter().enumerate().all(|(at, instruction)| {
            let lands = |skip: u32| skip as usize <= count.saturating_sub(at + 2) && at + 1 < count;
            let Instruction { code, jt, jf, k } = *instruction;
            match code & 0x07 {
                LD => {
                    let mode = code & 0xe0;
                    let size = code & 0x18;
                    match mode {
                        ABS | IND => matches!(size, W | H | B),
                        IMM | LEN => size == W,
                        MEM => size == W && (k as usize) < SCRATCH,
                        _ => false,
                    }
                }
                LDX => match code & 0xf8 {
                    IMM | LEN => true,
                    MEM => (k as usize) < SCRATCH,
                    other => other == MSH | B,
                },
                ST | STX => code & 0xf8 == 0 && (k as usize) < SCRATCH,
                ALU => match code & 0xf0 {
                    ADD | SUB | MUL | OR | AND | XOR | LSH | RSH | NEG => true,
                    DIV | MOD => code & X != 0 || k != 0,
                    _ => false,
                },
                JMP => match code & 0xf0 {
                    JA => at
                        .checked_add_signed(1 + jump(k))
                        .is_some_and(|to| to < count),
                    JEQ | JGT | JGE | JSET => lands(jt.into()) && lands(jf.into()),
                    _ => false,
                },
                RET => matches!(code & 0xf8, K | A),
                _ => matches!(code & 0xf8, TAX | TXA),
            }
        });
        let ends = instructions
            .last()
            .is_some_and(|last| last.code & 0x07 == RET);
        (sound && ends).then_some(Self(instructions))
    }

    /// The instructions, for the kernel.
    pub(super) fn instructions(&self) -> &[Instruction] {
        &self.0
    }

    /// Whether the program accepts a frame of `wire_len` bytes of which `data` was captured.
    /// Loading from beyond `data` refuses the frame, as in libpcap and the kernel.
    pub(super) fn accepts(&self, data: &[u8], wire_len: usize) -> bool {
        self.run(data, wire_len as u32)
            .is_some_and(|kept| kept != 0)
    }

    fn run(&self, data: &[u8], wire_len: u32) -> Option<u32> {
        let (mut a, mut x) = (0_u32, 0_u32);
        let mut scratch = [0_u32; SCRATCH];
        let mut at = 0_usize;
        let mut jumps_back = 0;
        loop {
            let Instruction { code, jt, jf, k } = *self.0.get(at)?;
            at += 1;
            match code & 0x07 {
                LD => {
                    a = match code & 0xe0 {
                        IMM => k,
                        ABS => load(data, k, code & 0x18)?,
                        IND => load(data, x.checked_add(k)?, code & 0x18)?,
                        MEM => *scratch.get(k as usize)?,
                        _ => wire_len,
                    };
                }
                LDX => {
                    x = match code & 0xe0 {
                        IMM => k,
                        MEM => *scratch.get(k as usize)?,
                        LEN => wire_len,
                        // The length of an IPv4 header: four times the low half of its first byte.
                        _ => (load(data, k, B)? & 0x0f) << 2,
                    };
                }
                ST => *scratch.get_mut(k as usize)? = a,
                STX => *scratch.get_mut(k as usize)? = x,
                ALU => a = arithmetic(code, a, if code & X == 0 { k } else { x })?,
                JMP => {
                    let operand = if code & X == 0 { k } else { x };
                    let holds = match code & 0xf0 {
                        JA => {
                            let skip = jump(k);
                            jumps_back += u32::from(skip < 0);
                            if jumps_back > JUMPS_BACK {
                                return None;
                            }
                            at = at.checked_add_signed(skip)?;
                            continue;
                        }
                        JEQ => a == operand,
                        JGT => a > operand,
                        JGE => a >= operand,
                        _ => a & operand != 0,
                    };
                    at += usize::from(if holds { jt } else { jf });
                }
                RET => return Some(if code & 0x18 == A { a } else { k }),
                _ if code & 0xf8 == TAX => x = a,
                _ => a = x,
            }
        }
    }
}

/// Where an unconditional jump leads: its operand has a sign, though the kernel takes no jump back.
fn jump(k: u32) -> isize {
    k.cast_signed() as isize
}

/// The result of an arithmetic instruction, `None` for a division by zero.
fn arithmetic(code: u16, a: u32, operand: u32) -> Option<u32> {
    Some(match code & 0xf0 {
        ADD => a.wrapping_add(operand),
        SUB => a.wrapping_sub(operand),
        MUL => a.wrapping_mul(operand),
        DIV => a.checked_div(operand)?,
        MOD => a.checked_rem(operand)?,
        OR => a | operand,
        AND => a & operand,
        XOR => a ^ operand,
        LSH => a.checked_shl(operand).unwrap_or(0),
        RSH => a.checked_shr(operand).unwrap_or(0),
        _ => a.wrapping_neg(),
    })
}

fn load(data: &[u8], at: u32, size: u16) -> Option<u32> {
    let rest = data.get(at as usize..)?;
    Some(match size {
        W => u32::from_be_bytes(*rest.first_chunk()?),
        H => u32::from(u16::from_be_bytes(*rest.first_chunk()?)),
        _ => u32::from(*rest.first()?),
    })
}

#[cfg(test)]
mod tests {
    use arbtest::arbtest;

    use super::*;

    fn of(instructions: &[(u16, u8, u8, u32)]) -> Option<Program> {
        let instructions = instructions.iter();
        Program::checked(
            instructions
                .map(|&(code, jt, jf, k)| Instruction { code, jt, jf, k })
                .collect(),
        )
    }

    fn result(instructions: &[(u16, u8, u8, u32)], data: &[u8]) -> Option<u32> {
        of(instructions).unwrap().run(data, 1000)
    }

    const RET_A: (u16, u8, u8, u32) = (RET | A, 0, 0, 0);

    #[test]
    fn loads() {
        let data = [0x45, 1, 2, 3, 4];
        let load = |code, k| result(&[(LDX | IMM, 0, 0, 1), (code, 0, 0, k), RET_A], &data);
        assert_eq!(load(LD | W | ABS, 0), Some(0x4501_0203));
        assert_eq!(load(LD | W | ABS, 2), None);
        assert_eq!(load(LD | H | ABS, 3), Some(0x0304));
        assert_eq!(load(LD | B | ABS, 4), Some(4));
        assert_eq!(load(LD | B | IND, 3), Some(4));
        assert_eq!(load(LD | B | IND, 4), None);
        assert_eq!(load(LD | B | IND, u32::MAX), None);
        assert_eq!(load(LD | W | LEN, 0), Some(1000));
        assert_eq!(load(LD | IMM, 7), Some(7));
        let x = |code, k| result(&[(code, 0, 0, k), (MISC | TXA, 0, 0, 0), RET_A], &data);
        assert_eq!(x(LDX | B | MSH, 0), Some(20));
        assert_eq!(x(LDX | LEN, 0), Some(1000));
    }

    #[test]
    fn arithmetic_wraps_and_never_divides_by_zero() {
        let alu = |op, a, k| result(&[(LD | IMM, 0, 0, a), (ALU | op, 0, 0, k), RET_A], &[]);
        assert_eq!(alu(ADD, u32::MAX, 2), Some(1));
        assert_eq!(alu(SUB, 1, 2), Some(u32::MAX));
        assert_eq!(alu(MUL, 1 << 31, 2), Some(0));
        assert_eq!(alu(DIV, 9, 2), Some(4));
        assert_eq!(alu(MOD, 9, 2), Some(1));
        assert_eq!(alu(OR, 9, 2), Some(11));
        assert_eq!(alu(AND, 9, 3), Some(1));
        assert_eq!(alu(XOR, 9, 3), Some(10));
        assert_eq!(alu(LSH, 1, 4), Some(16));
        assert_eq!(alu(LSH, 1, 32), Some(0));
        assert_eq!(alu(RSH, 16, 4), Some(1));
        assert_eq!(alu(NEG, 1, 0), Some(u32::MAX));
        assert_eq!(alu(DIV | X, 9, 0), None);
        assert!(of(&[(ALU | DIV, 0, 0, 0), RET_A]).is_none());
    }

    #[test]
    fn jumps_stores_and_moves() {
        let jump = |op, a, k| {
            let program = [
                (LD | IMM, 0, 0, a),
                (JMP | op, 1, 0, k),
                (RET, 0, 0, 10),
                (RET, 0, 0, 20),
            ];
            result(&program, &[]).unwrap()
        };
        for (op, a, k, taken) in [
            (JEQ, 5, 5, true),
            (JEQ, 5, 6, false),
            (JGT, 6, 5, true),
            (JGT, 5, 5, false),
            (JGE, 5, 5, true),
            (JGE, 4, 5, false),
            (JSET, 6, 2, true),
            (JSET, 5, 2, false),
            (JA, 0, 1, true),
        ] {
            assert_eq!(
                jump(op, a, k),
                if taken { 20 } else { 10 },
                "{op:x} {a} {k}"
            );
        }
        let program = [
            (LD | IMM, 0, 0, 5),
            (ST, 0, 0, 15),
            (MISC | TAX, 0, 0, 0),
            (LD | IMM, 0, 0, 1),
            (ALU | ADD | X, 0, 0, 0),
            (STX, 0, 0, 0),
            (LDX | MEM, 0, 0, 15),
            (ALU | ADD | X, 0, 0, 0),
            RET_A,
        ];
        assert_eq!(result(&program, &[]), Some(11));
    }

    #[test]
    fn unsound_programs_are_refused() {
        assert!(of(&[]).is_none());
        assert!(of(&[(LD | IMM, 0, 0, 0)]).is_none());
        assert!(of(&[(JMP | JEQ, 1, 0, 0), RET_A]).is_none());
        assert!(of(&[(JMP | JA, 0, 0, 1), RET_A]).is_none());
        assert!(of(&[(JMP | JA, 0, 0, (-2_i32).cast_unsigned()), RET_A]).is_none());
        assert!(of(&[(ST, 0, 0, 16), RET_A]).is_none());
        assert!(of(&[(LDX | MEM, 0, 0, 16), RET_A]).is_none());
        assert!(of(&[(0xff, 0, 0, 0), RET_A]).is_none());
        assert!(of(&[(JMP | JEQ, 0, 0, 0), RET_A]).is_some());
    }

    #[test]
    fn a_loop_without_end_is_left() {
        assert_eq!(
            result(&[(JMP | JA, 0, 0, (-1_i32).cast_unsigned()), RET_A], &[]),
            None
        );
        // Counts to 5.
        let program = [
            (ALU | ADD, 0, 0, 1),
            (JMP | JEQ, 1, 0, 5),
            (JMP | JA, 0, 0, (-3_i32).cast_unsigned()),
            RET_A,
        ];
        assert_eq!(result(&program, &[]), Some(5));
    }

    #[test]
    fn whatever_passes_the_check_runs_to_an_end() {
        arbtest(|u| {
            let count = u.int_in_range(0..=20)?;
            let mut program = Vec::new();
            for _ in 0..count {
                program.push(Instruction {
                    code: u16::from(u.arbitrary::<u8>()?),
                    jt: u.int_in_range(0..=5)?,
                    jf: u.int_in_range(0..=5)?,
                    k: u.int_in_range(-20..=20_i32)?.cast_unsigned(),
                });
            }
            program.push(Instruction {
                code: RET,
                jt: 0,
                jf: 0,
                k: 1,
            });
            if let Some(program) = Program::checked(program) {
                program.accepts(u.arbitrary()?, 60);
            }
            Ok(())
        })
        .budget_ms(300);
    }
}
