"""A model that trains in seconds: two layers with weights drawn by chance, a letter a token, and SmolLM2's chat template."""

import json
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and messages[0]['role'] != 'system' %}<|im_start|>system\nYou help.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def write_tiny_model(folder: Path, *, template: str | None = TEMPLATE, model_type: str = "llama", **config: Any) -> Path:
    """Write the model to *folder* as Hugging Face's libraries do; *config* overrides what it is made of."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    write_tokenizer(folder, template=template)
    values = {
        "vocab_size": 259,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "initializer_range": 0.2,  # with the usual 0.02 two layers hardly change what comes in, and nothing is learnt in a few steps
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(model_type, **(values | config)))  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    return folder


def write_tokenizer(folder: Path, *, template: str | None = TEMPLATE) -> None:
    """Write a tokenizer of bytes and three control tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: at for at, token in enumerate([*SPECIAL, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>", unk_token="<|endoftext|>", pad_token="<|endoftext|>"
    )
    if template is not None:
        fast.chat_template = template
    fast.save_pretrained(folder)


def write_rows(path: Path, pairs: list[tuple[str, str]], *, system: str = "Be brief.") -> Path:
    """Write questions with their answers as rows."""
    with path.open("w", encoding="utf-8") as file:
        for question, answer in pairs:
            messages = [
                {"role": "system", "content": system},
                {"role": "user", "content": question},
                {"role": "assistant", "content": answer},
            ]
            file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
    return path
