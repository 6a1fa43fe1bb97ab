//! Tokens to tree, by Python's grammar of expressions.
//!
//! One function climbs the precedences, so that a level of nesting costs only one or two stack frames. A power binds
//! tighter than a sign on its left and looser than a sign on its right. Comparisons chain. Any number of operators in a
//! row make one node. The depth of the tree is bounded while it is built, so that a hostile text gives an error and not
//! a stack overflow, in the parser or in later walks of the tree.

mod operand;

use std::ops::Range;

use super::ast::{Binary, Kind, Link, Node, Unary};
use super::error::{Fault, Result};
use super::lexer::{self, Token};

/// The longest accepted text, in bytes.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// The depth of the deepest accepted tree.
pub(crate) const MAX_DEPTH: usize = 250;

/// The deepest accepted nesting of brackets, signs and powers, for which the parser recurses. Python has the same
/// limit.
pub(crate) const MAX_NESTING: usize = 200;

/// Binding powers, loosest first.
mod power {
    pub(super) const ANY: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARE: u8 = 4;
    pub(super) const BIT_OR: u8 = 5;
    pub(super) const BIT_XOR: u8 = 6;
    pub(super) const BIT_AND: u8 = 7;
    pub(super) const SHIFT: u8 = 8;
    pub(super) const SUM: u8 = 9;
    pub(super) const PRODUCT: u8 = 10;
    pub(super) const SIGN: u8 = 11;
    pub(super) const POWER: u8 = 12;
}

/// Parses a whole text: one expression, or several separated by commas (a [`Kind::Tuple`]).
pub(crate) fn parse(text: &str) -> Result<Node> {
    if text.len() > MAX_BYTES {
        let message = format!("the expression has {} bytes: expected at most {MAX_BYTES}", text.len());
        return Err(Fault::new(&(0..0), message));
    }
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let (node, _) = parser.tuple("")?;
    match parser.peek() {
        Token::End => Ok(node),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

/// A node with the depth of its tree.
type Tree = (Node, usize);

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |t| &t.0)
    }

    fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(0..0, |t| t.1.clone())
    }

    /// The end of the last token taken.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |t| t.1.end)
    }

    fn take(&mut self) -> (Token, Range<usize>) {
        let taken = self.tokens.get(self.at).cloned().unwrap_or((Token::End, 0..0));
        self.at += 1;
        taken
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(s) if *s == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(n) if n == word)
    }

    fn accept(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn close(&mut self, sign: &'static str, open: &Range<usize>) -> Result<()> {
        if self.accept(sign) {
            return Ok(());
        }
        if *self.peek() == Token::End {
            return Err(Fault::new(open, format!("this bracket is never closed: expected '{sign}'")));
        }
        Err(self.unexpected().help(format!("expected '{sign}' or ','")))
    }

    fn unexpected(&self) -> Fault {
        let span = self.span();
        let fault = Fault::new(&span, format!("unexpected {}", self.peek().describe()));
        match self.peek() {
            Token::Sign("=" | ":=") => fault.help("expressions cannot assign; to compare, use =="),
            Token::Sign("+=" | "-=" | "**=" | "//=" | ">>=" | "<<=") => {
                fault.help("expressions cannot assign")
            }
            Token::Name(n) if n == "if" || n == "else" => {
                fault.help("choose element by element with where(condition, x, y)")
            }
            Token::Name(n) if n == "for" => {
                fault.help("expressions work on whole arrays, so they have no loops")
            }
            _ => fault,
        }
    }

    fn too_deep(&self, span: &Range<usize>, levels: usize) -> Fault {
        Fault::new(span, format!("the expression nests deeper than {levels} levels"))
            .help("compute a part of it first, store it, and use it by its name")
    }

    fn build(&self, kind: Kind, span: Range<usize>, below: usize) -> Result<Tree> {
        if below >= MAX_DEPTH {
            return Err(self.too_deep(&span, MAX_DEPTH));
        }
        Ok((Node { kind, span }, below + 1))
    }

    /// Expressions separated by commas up to `end` (a closing sign, or nothing): a tuple if there is a comma.
    fn tuple(&mut self, end: &str) -> Result<Tree> {
        let start = self.span().start;
        let first = self.expression(power::ANY)?;
        if !self.is(",") {
            return Ok(first);
        }
        let (mut items, mut depth) = (vec![first.0], first.1);
        while self.accept(",") && !self.is(end) && *self.peek() != Token::End {
            let (item, d) = self.expression(power::ANY)?;
            items.push(item);
            depth = depth.max(d);
        }
        self.build(Kind::Tuple(items), start..self.end(), depth)
    }

    fn expression(&mut self, least: u8) -> Result<Tree> {
        if self.depth >= MAX_NESTING {
            return Err(self.too_deep(&self.span(), MAX_NESTING));
        }
        self.depth += 1;
        let result = self.climb(least);
        self.depth -= 1;
        result
    }

    fn climb(&mut self, least: u8) -> Result<Tree> {
        let mut left = self.prefix(least)?;
        let mut links = Vec::new();
        loop {
            let at = self.span();
            let Some((op, strength)) = self.infix() else { break };
            if strength < least {
                break;
            }
            left = match op {
                Infix::Compare => {
                    left = self.chain(left, std::mem::take(&mut links))?;
                    self.comparison(left)?
                }
                Infix::Truth(word) => {
                    left = self.chain(left, std::mem::take(&mut links))?;
                    self.at += 1;
                    let right = self.expression(strength + 1)?;
                    self.build(Kind::Truth(word), at, left.1.max(right.1))?
                }
                Infix::Binary(op) => {
                    self.at += 1;
                    // The power is the one operator that groups to the right, and a sign may follow it.
                    let (right, depth) =
                        self.expression(if op == Binary::Pow { power::SIGN } else { strength + 1 })?;
                    links.push(Link { op, at, right });
                    (left.0, left.1.max(depth))
                }
            };
        }
        self.chain(left, links)
    }

    /// A node of operators in a row. `depth` is the depth of the deepest operand.
    fn chain(&self, (first, depth): Tree, links: Vec<Link>) -> Result<Tree> {
        let Some(last) = links.last() else { return Ok((first, depth)) };
        let span = first.span.start..last.right.span.end;
        self.build(Kind::Chain(Box::new(first), links), span, depth)
    }

    fn infix(&self) -> Option<(Infix, u8)> {
        let binary = |op, strength| Some((Infix::Binary(op), strength));
        match self.peek() {
            Token::Name(n) => match n.as_str() {
                "or" => Some((Infix::Truth("or"), power::OR)),
                "and" => Some((Infix::Truth("and"), power::AND)),
                _ => None,
            },
            Token::Sign(s) => match *s {
                "<" | "<=" | ">" | ">=" | "==" | "!=" => Some((Infix::Compare, power::COMPARE)),
                "|" => binary(Binary::Or, power::BIT_OR),
                "^" => binary(Binary::Xor, power::BIT_XOR),
                "&" => binary(Binary::And, power::BIT_AND),
                "<<" => binary(Binary::Shl, power::SHIFT),
                ">>" => binary(Binary::Shr, power::SHIFT),
                "+" => binary(Binary::Add, power::SUM),
                "-" => binary(Binary::Sub, power::SUM),
                "*" => binary(Binary::Mul, power::PRODUCT),
                "/" => binary(Binary::Div, power::PRODUCT),
                "//" => binary(Binary::FloorDiv, power::PRODUCT),
                "%" => binary(Binary::Mod, power::PRODUCT),
                "@" => binary(Binary::MatMul, power::PRODUCT),
                "**" => binary(Binary::Pow, power::POWER),
                _ => None,
            },
            _ => None,
        }
    }

    fn comparison(&mut self, first: Tree) -> Result<Tree> {
        let (first, mut depth) = first;
        let mut links = Vec::new();
        loop {
            let op = match self.peek() {
                Token::Sign("<") => Binary::Lt,
                Token::Sign("<=") => Binary::Le,
                Token::Sign(">") => Binary::Gt,
                Token::Sign(">=") => Binary::Ge,
                Token::Sign("==") => Binary::Eq,
                Token::Sign("!=") => Binary::Ne,
                _ => break,
            };
            let (_, at) = self.take();
            let (right, d) = self.expression(power::COMPARE + 1)?;
            depth = depth.max(d);
            links.push(Link { op, at, right });
        }
        let span = first.span.start..self.end();
        self.build(Kind::Compare(Box::new(first), links), span, depth)
    }

    fn prefix(&mut self, least: u8) -> Result<Tree> {
        let start = self.span();
        if self.is_word("not") && least <= power::NOT {
            self.at += 1;
            let (_, depth) = self.expression(power::NOT)?;
            return self.build(Kind::Truth("not"), start, depth);
        }
        let unary = match self.peek() {
            Token::Sign("+") => Unary::Plus,
            Token::Sign("-") => Unary::Minus,
            Token::Sign("~") => Unary::Invert,
            _ => return self.postfix(),
        };
        self.at += 1;
        let (operand, depth) = self.expression(power::SIGN)?;
        let span = start.start..operand.span.end;
        self.build(Kind::Unary(unary, Box::new(operand)), span, depth)
    }
}

enum Infix {
    Binary(Binary),
    Compare,
    Truth(&'static str),
}
