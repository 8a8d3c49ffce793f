"""Tokenizers: text to words, and each word's place in the text."""

from nlpseq.text.tokenize.tokenizer import Kind, Tokenizer
from nlpseq.text.tokenize.tokens import Tokens

__all__ = ["Kind", "Tokenizer", "Tokens"]
