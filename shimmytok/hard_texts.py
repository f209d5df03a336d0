r"""DATA: short texts that tokenizers stumble over, for `shimmytok diff` and `shimmytok verify`.

Holds no expected answers: two tokenizers are asked, and their answers compared.  All texts are bytes, some of them are
not UTF-8, none is longer than 2,000 characters, none is there twice.
"""

from __future__ import annotations

from typing import Final

LONGEST = 2_000  # characters

_SCRIPTS = (
    "Good morning, the kettle is on.",
    "Zażółć gęślą jaźń; příliš žluťoučký kůň",
    "Falsches Üben von Xylophonmusik quält jeden größeren Zwerg.",
    "Où est passé l'œuf d'Anaïs ? Là-bas, peut-être…",
    "¿Dónde está el niño? ¡Aquí, señor!",
    "Съешь ещё этих мягких булок, ЁЖИК",
    "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία ΟΔΟΣ όδος",
    "İstanbul'da ışık ve IĞDIR",
    "שלום עולם, בְּרֵאשִׁית",
    "السلام عليكم، كيف حالك؟ ١٢٣٤",
    "नमस्ते दुनिया, क्षत्रिय श्री १२३",
    "বাংলা ভাষা ও তামিল தமிழ் மொழி",
    "สวัสดีชาวโลก วันนี้อากาศดี ๒๕๖๗",
    "ສະບາຍດີ မင်္ဂလာပါ សួស្តី",
    "今天天气很好,我们去公园。「你好」",
    "吾輩は猫である。カタカナとﾊﾝｶｸと漢字",
    "안녕하세요 세계 가각힣 ㄱㄴㄷ ᄒ",
    "ქართული ენა ᲥᲐᲠᲗᲣᲚᲘ Հայերեն",
    "ትግርኛ አማርኛ ⵜⴰⵎⴰⵣⵉⵖⵜ ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ",
    "བོད་སྐད་ ᠮᠣᠩᠭᠣᠯ ꦗꦮ",
    "𐍈𐌰𐌹 𝔣𝔯𝔞𝔨𝔱𝔲𝔯 𠀀𠮷 𐐀𐐨",
    "mixedСловоwordΕλλάδα漢字mixed",
)

_SYMBOLS = (
    "🙂🙃 🎉",
    "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇵🇱🇯🇵🇺",
    "☎️ ☎︎ ✌🏿 #️⃣ 1️⃣",
    "text🎉text 🎉 text 🎉🎉",
    "\U0001f9ff\U0001fae0\U0001fae8\U0001fae9",
    "e\u0301 é a\u0308\u0323 ô\u0323 \u0301 \u0301\u0301start",
    "Z̷̢a̴l̶g̸o̵ t̴e̷x̵t̶",
    "\u1100\u1161\u11a8 \uac01",
    "\ufb01n \ufb03 \u2163 \u00bd \u2460 \u33a1 \uff21\uff22\uff11",
    "\u00df \u1e9e \u017f \u0130 \u0131 \u01c5 \u0149",
    "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ ≠ ∅ → ∑ᵢ xᵢ²",
    "€5 £6 ¥7 ₿8 ¢9 $10",
    "«a» „b“ ‚c‘ ‹d› ‐‑‒–—― … ‥",
    "\u200b\u200c\u200d\u2060\ufeff zero \u200bwidth\ufeff",
    "\u202eright\u202c \u2066to\u2069 left\u200f\u200e",
    "\ufeffBOM first",
    "\ufffd \ufffc \ufff9",
    "\u0378 \ue000 \uf8ff \U000e0041 \U000f0000 \U0010fffd",
    "\uffff \ufdd0 \U0001ffff",
    "▁ ▁▁ ▁a a▁ ▁▁▁b",
    "Ġ Ċ ĠĠa âĢĻ",
    "¨ ´ ` ^ ~ ¯ ˘ ˙",
)

_WHITE_SPACE = (
    "",
    " ",
    "  ",
    "   a",
    "a ",
    "a  ",
    "a   b    c",
    " leading and trailing ",
    "\t",
    "\t\ta\t b \tc",
    "\n",
    "\n\n",
    "\n\n\n\na",
    "a\n\nb\n \nc\n  \n  d",
    "a \n b",
    "\r",
    "a\r\nb\r\n\r\nc\r",
    " \n \t \r\n ",
    "\x0b\x0c\x1c\x1d\x1e\x1f\x85",
    "\u00a0a\u00a0b\u2003c\u3000d\u2028e\u2029f\u1680g\u202fh",
    "a\u3000\u3000b",
    "x" + " " * 17 + "y" + " " * 64,
    "x" + "\n" * 33 + "y" + "\t" * 9,
    "\u180e \u2800",
)

_NUMBERS = (
    "0 1 12 123 1234 12345 123456 1234567 12345678",
    "007 3.14159 -2.5e-10 1,000,000 1_000 1'000",
    "2026-11-23T01:02:03.456Z 12:34 1/2 50% №7",
    "v1.2.3-rc4+build.5 192.168.0.1 ::1",
    "0x1F 0b1010 0o17 1e9 1E+9 0.1f 10L",
    "a1b2c3 1a 22bb 333ccc",
    "٠١٢٣٤٥ ०१२३ ၁၂၃ 𝟏𝟐𝟑 ²³ ¼ ⅷ 一二三",
    "3 33 333 3333 33333 333333 3333333 33333333 333333333",
    "3.3 3..3 3...3 3.3.3",
    "9" * 200,
)

_WORDS = (
    "I'm you're he'll she'd we've don't 'tis o'clock",
    "I'M YOU'RE HE'LL SHE'D WE'VE DON'T 'S 'T",
    "it\u2019s don\u2019t 'S's''s s' 'd'd 'lls 'rex",
    "'\u017f '\u212a l'\u017f we'v\u00e9",
    "HelloWorld helloWorld HTTPServer iPhone15Pro McDONALD'S",
    "snake_case_name kebab-case-name dot.case SCREAMING_CASE",
    "a-b--c---d a/b//c a\\b\\\\c",
    "Dr. Smith, Ph.D. (U.S.A.) said: \"No!\"... 'Why?!'",
    "!!! ??? ... ,,, ;;; ::: --- === *** ### @@@",
    "(a) [b] {c} <d> |e| ~f~ `g` ^h^",
    "user@example.org https://example.org/a?b=c&d=%20#e",
    "antidisestablishmentarianism floccinaucinihilipilification",
    "Donaudampfschifffahrtsgesellschaftskapitän",
    "can you can't can\u00b4t can`t",
    "the The THE tHe thE",
    "=-=-=- ~~~~ ____ ++++ ////",
    "a,b.c;d:e!f?g",
    " ,a .b ;c :d !e ?f 'g \"h )i ]j",
    "x=1;y=2;;z=3",
)

_CODE = (
    "def f(x: int = 0, *args, **kw) -> None:\n    if x <= 1:\n        return x ** 2  # ok\n",
    "for (int i = 0; i < n; ++i) { a[i] = b[i] * 0.5f; }\n\n\treturn a;\n",
    'fn main() { let v: Vec<&\'static str> = vec![]; println!("{:?}", v); }',
    "SELECT * FROM t WHERE a <> 'it''s' AND b IS NOT NULL;--x",
    '{"k": [1, 2.5e3, null, true], "\\u00e9": "\\n"}',
    '<div class="a b"><!-- c --><br/>&nbsp;&#39;</div>',
    "$ ls -la | grep '^d' && echo \"$HOME\" > /dev/null 2>&1",
    "\\begin{align} \\frac{a}{b} &= \\sqrt{c} \\\\ \\end{align}",
    "# Title\n\n* item\n  1. sub\n\n```py\nx\n```\n| a | b |\n|---|---|\n",
    '\tif err != nil {\r\n\t\treturn nil, fmt.Errorf("%w", err)\r\n\t}\r\n',
    "ACGTACGTNNNN <dna>ACGTTGCA</dna> <dna>acgtx",
    "MOV EAX, [EBX+4*ECX]; 0xDEADBEEF",
)

_SPECIAL_LOOKING = (
    "<s>Hello</s>",
    "<s> Hello </s> <s>",
    "<unk> <pad> <mask> [MASK] [CLS] a [SEP] b [PAD] [UNK]",
    "<|endoftext|>a<|endoftext|><|endoftext|>",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>",
    "<start_of_turn>user\nHi<end_of_turn>\n<bos><eos>",
    "<|turn>user\nHi<turn|>",
    "[INST] Hi [/INST] [AVAILABLE_TOOLS]",
    "<｜begin▁of▁sentence｜>Hi<｜end▁of▁sentence｜>",
    "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>",
    "<|start|>assistant<|channel|>final<|message|>Hi<|return|>",
    "<|user|>\nHi<|end|>\n<|assistant|>",
    "<think>\nhm\n</think>\n<tool_call>{}</tool_call>",
    "<|endoftext <|endoftext| |endoftext|> <<|endoftext|>>",
    "<|im_<|im_end|>end|>",
    "< s > <s <s>s> </s",
    "<0x0A><0x41><0xFF><0xZZ>",
    "\\n \\x41 \\u0041 \\t",
)

_CONTROL_CHARACTERS = (
    "\x00",
    "a\x00b",
    "\x00\x00a \x00",
    "\x01\x02\x07\x08\x1b[31mred\x1b[0m\x7f",
    "\x80\x9f\xad soft\u00adhyphen",
)

_NOT_UTF_8 = (
    b"\xff",
    b"a\xffb",
    b"\x80\x80\x80",
    b"\xc3",
    b"caf\xc3 \xa9",
    b"\xe2\x82",
    b"\xe2\x82 \xac",
    b"\xf0\x9f\x8e",
    b"ok \xf0\x9f\x8e ok",
    b"\xed\xa0\x80 \xed\xbf\xbf",
    b"\xc1\xbf \xe0\x80\xaf",
    b"\xf8\x88\x80\x80\x80 \xfe\xff",
    b"latin-1: na\xefve fa\xe7ade",
    bytes(range(128, 194)),
)

_RUNS = (
    "a" * LONGEST,
    "ab" * (LONGEST // 2),
    "A" * 300 + "a" * 300 + "1" * 300,
    " " * 1_000,
    "\n" * 500,
    " \n" * 250,
    "." * 1_000,
    "-=" * 400,
    "é" * 700,
    "漢" * 700,
    "ก" * 500,
    "🎉" * 400,
    "\u0301" * 300,
    "'s" * 300,
    "<|" * 300,
    "<s>" * 100,
    "the " * 400,
    "x1 " * 300,
    "▁" * 300,
)

_GROUPS = (_SCRIPTS, _SYMBOLS, _WHITE_SPACE, _NUMBERS, _WORDS, _CODE, _SPECIAL_LOOKING, _CONTROL_CHARACTERS, _RUNS)

HARD_TEXTS: Final[tuple[bytes, ...]] = (*(text.encode() for group in _GROUPS for text in group), *_NOT_UTF_8)
