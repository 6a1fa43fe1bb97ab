//! Tokens to tree, by Python's grammar of expressions.
//!
//! One function climbs the precedences, so that a level of nesting costs only one or two stack frames. A power binds
//! tighter than a sign on its left and looser than a sign on its right. Comparisons chain. Any number of operators in a
//! row make one node. The depth of the tree is bounded while it is built, so that a hostile text gives an error and not
//! a stack overflow, in the parser or in later walks of the tree.

use std::ops::Range;

use super::ast::{Argument, Binary, Item, Kind, Link, Node, Unary};
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
        let message = format!("the expression has {} bytes; at most {MAX_BYTES} are read", text.len());
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
            Token::Sign("=" | ":=") => fault.help("an expression assigns nothing; equality is =="),
            Token::Sign("+=" | "-=" | "**=" | "//=" | ">>=" | "<<=") => {
                fault.help("an expression assigns nothing")
            }
            Token::Name(n) if n == "if" || n == "else" => {
                fault.help("choose element by element with where(condition, x, y)")
            }
            Token::Name(n) if n == "for" => {
                fault.help("expressions work on whole arrays; loops are not needed")
            }
            _ => fault,
        }
    }

    fn too_deep(&self, span: &Range<usize>, levels: usize) -> Fault {
        Fault::new(span, format!("the expression nests deeper than {levels} levels"))
            .help("store a part of it first, and use that by its name")
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

    /// An atom with its calls, attributes and subscripts.
    fn postfix(&mut self) -> Result<Tree> {
        let mut node = self.atom()?;
        loop {
            let open = self.span();
            let start = node.0.span.start;
            node = if self.accept("(") {
                let (arguments, depth) = self.arguments(&open)?;
                let kind = Kind::Call(Box::new(node.0), arguments);
                self.build(kind, start..self.end(), node.1.max(depth))?
            } else if self.accept("[") {
                let (items, depth, comma) = self.items(&open)?;
                let kind = Kind::Subscript(Box::new(node.0), items, comma);
                self.build(kind, start..self.end(), node.1.max(depth))?
            } else if self.accept(".") {
                let (token, at) = self.take();
                let Token::Name(name) = token else {
                    return Err(Fault::new(&at, "expected a name after '.'"));
                };
                let kind = Kind::Attribute(Box::new(node.0), name, at);
                self.build(kind, start..self.end(), node.1)?
            } else {
                return Ok(node);
            };
        }
    }

    fn arguments(&mut self, open: &Range<usize>) -> Result<(Vec<Argument>, usize)> {
        let (mut arguments, mut depth) = (Vec::<Argument>::new(), 0);
        while !self.is(")") {
            if self.is("*") || self.is("**") {
                return Err(Fault::new(&self.span(), "unpacking of arguments is not supported"));
            }
            let (mut value, mut d) = self.expression(power::ANY)?;
            let mut name = None;
            if self.is("=") {
                let Kind::Name(word) = value.kind else { return Err(self.unexpected()) };
                if arguments.iter().any(|a| a.name.as_ref().is_some_and(|n| n.0 == word)) {
                    return Err(Fault::new(&value.span, format!("the argument '{word}' is given twice")));
                }
                name = Some((word, value.span));
                self.at += 1;
                (value, d) = self.expression(power::ANY)?;
            } else if arguments.last().is_some_and(|a| a.name.is_some()) {
                return Err(Fault::new(&value.span, "an argument by position after one by name"));
            }
            depth = depth.max(d);
            arguments.push(Argument { name, value });
            if !self.accept(",") {
                break;
            }
        }
        self.close(")", open)?;
        Ok((arguments, depth))
    }

    /// The parts of a subscript, the depth of the deepest part, and whether there is a comma.
    fn items(&mut self, open: &Range<usize>) -> Result<(Vec<Item>, usize, bool)> {
        let (mut items, mut depth, mut comma) = (Vec::new(), 0, false);
        if self.is("]") {
            return Err(Fault::new(&(open.start..self.span().end), "a subscript needs an index"));
        }
        while !self.is("]") {
            items.push(self.item(&mut depth)?);
            if !self.accept(",") {
                break;
            }
            comma = true;
        }
        self.close("]", open)?;
        Ok((items, depth, comma))
    }

    fn item(&mut self, depth: &mut usize) -> Result<Item> {
        let from = self.span().start;
        let mut part = |parser: &mut Parser| -> Result<Option<Node>> {
            if [":", ",", "]"].iter().any(|s| parser.is(s)) {
                return Ok(None);
            }
            let (node, d) = parser.expression(power::ANY)?;
            *depth = (*depth).max(d);
            Ok(Some(node))
        };
        let start = part(self)?;
        if !self.accept(":") {
            return start.map(Item::Value).ok_or_else(|| self.unexpected());
        }
        let stop = part(self)?;
        let step = if self.accept(":") { part(self)? } else { None };
        Ok(Item::Slice { start, stop, step, span: from..self.end() })
    }

    fn atom(&mut self) -> Result<Tree> {
        let (token, span) = self.take();
        let kind = match token {
            Token::Int(n) => Kind::Int(n),
            Token::Float(x) => Kind::Float(x),
            Token::Imaginary(x) => Kind::Imaginary(x),
            Token::Str(s) => Kind::Str(s),
            Token::Bytes(s) => Kind::Bytes(s),
            Token::Sign("...") => Kind::Ellipsis,
            Token::Sign("(") => return self.parenthesis(&span),
            Token::Sign("[") => return self.list(&span),
            Token::Name(name) => match name.as_str() {
                "True" => Kind::Bool(true),
                "False" => Kind::Bool(false),
                "None" => Kind::None,
                "and" | "or" | "not" | "if" | "else" | "for" | "in" | "is" | "lambda" | "await"
                | "import" => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
                _ => Kind::Name(name),
            },
            Token::End => return Err(Fault::new(&span, "the expression ends where an operand is needed")),
            Token::Sign(_) => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        self.build(kind, span, 0)
    }

    fn parenthesis(&mut self, open: &Range<usize>) -> Result<Tree> {
        if self.accept(")") {
            return self.build(Kind::Tuple(Vec::new()), open.start..self.end(), 0);
        }
        let (mut node, depth) = self.tuple(")")?;
        self.close(")", open)?;
        node.span = open.start..self.end();
        Ok((node, depth))
    }

    fn list(&mut self, open: &Range<usize>) -> Result<Tree> {
        let (mut items, mut depth) = (Vec::new(), 0);
        while !self.is("]") {
            let (item, d) = self.expression(power::ANY)?;
            items.push(item);
            depth = depth.max(d);
            if !self.accept(",") {
                break;
            }
        }
        self.close("]", open)?;
        self.build(Kind::List(items), open.start..self.end(), depth)
    }
}

enum Infix {
    Binary(Binary),
    Compare,
    Truth(&'static str),
}
