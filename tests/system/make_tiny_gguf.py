#!/usr/bin/env python3
"""Writes a small model with random weights for llama-server: a real wire, and noise for text.

Usage: make_tiny_gguf.py OUT.gguf [--layers 2] [--embedding 64] [--heads 4] [--feed-forward 128] [--context 2048]
                                  [--end 1.0]

Needs numpy and gguf (Debian: python3-gguf). The vocabulary holds the control tokens, all 256 bytes and every
printable ASCII character, so that any text can be tokenized.
"""
import argparse

import gguf
import numpy

END_TOKEN = 2
FIRST_BYTE_TOKEN = 3
SPACE = "\u2581"  # As SentencePiece writes it.
CHAT_TEMPLATE = ("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
                 "{% if add_generation_prompt %}assistant: {% endif %}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--embedding", type=int, default=64)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--feed-forward", type=int, default=128)
    parser.add_argument("--context", type=int, default=2048)
    parser.add_argument("--end", type=float, default=1.0, help="weight of the end token: lower makes texts longer")
    return parser.parse_args()


def vocabulary():
    """(text, score, type) of every token."""
    kinds = gguf.TokenType
    tokens = [("<unk>", 0.0, kinds.UNKNOWN), ("<s>", 0.0, kinds.CONTROL), ("</s>", 0.0, kinds.CONTROL)]
    tokens += [(f"<0x{byte:02X}>", 0.0, kinds.BYTE) for byte in range(256)]
    tokens += [(SPACE, -1.0, kinds.NORMAL)] + [(chr(code), -1.0, kinds.NORMAL) for code in range(0x21, 0x7F)]
    tokens += [(word, -0.5, kinds.NORMAL) for word in (f"{SPACE}the", f"{SPACE}answer", f"{SPACE}is", "ing", "er")]
    return tokens


def add_header(writer, arguments, tokens):
    writer.add_context_length(arguments.context)
    writer.add_embedding_length(arguments.embedding)
    writer.add_block_count(arguments.layers)
    writer.add_feed_forward_length(arguments.feed_forward)
    writer.add_head_count(arguments.heads)
    writer.add_head_count_kv(arguments.heads)
    writer.add_rope_dimension_count(arguments.embedding // arguments.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([text.encode() for text, _, _ in tokens])
    writer.add_token_scores([score for _, score, _ in tokens])
    writer.add_token_types([kind for _, _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(END_TOKEN)
    writer.add_add_bos_token(True)
    writer.add_chat_template(CHAT_TEMPLATE)


def add_weights(writer, arguments, vocabulary_size):
    generator = numpy.random.default_rng(1)

    def random(rows, columns, scale):
        return (generator.standard_normal((rows, columns)) * scale).astype(numpy.float32)

    embedding, feed_forward = arguments.embedding, arguments.feed_forward
    ones = numpy.ones(embedding, numpy.float32)
    writer.add_tensor("token_embd.weight", random(vocabulary_size, embedding, 1.0))
    writer.add_tensor("output_norm.weight", ones)
    output = random(vocabulary_size, embedding, 0.6)
    # Flat logits for <unk>, <s> and raw bytes: they are rarely sampled, and the text stays printable.
    output[0:2] = 0
    output[END_TOKEN] *= arguments.end
    output[FIRST_BYTE_TOKEN:FIRST_BYTE_TOKEN + 256] = 0
    writer.add_tensor("output.weight", output)
    for layer in range(arguments.layers):
        name = f"blk.{layer}."
        writer.add_tensor(f"{name}attn_norm.weight", ones)
        writer.add_tensor(f"{name}ffn_norm.weight", ones)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{name}{part}.weight", random(embedding, embedding, 0.15))
        writer.add_tensor(f"{name}ffn_gate.weight", random(feed_forward, embedding, 0.08))
        writer.add_tensor(f"{name}ffn_up.weight", random(feed_forward, embedding, 0.08))
        writer.add_tensor(f"{name}ffn_down.weight", random(embedding, feed_forward, 0.08))


def main():
    arguments = parse_arguments()
    tokens = vocabulary()
    writer = gguf.GGUFWriter(arguments.out, "llama")
    writer.add_name("sextant-tiny")
    add_header(writer, arguments, tokens)
    add_weights(writer, arguments, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
