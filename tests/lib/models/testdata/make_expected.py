#!/usr/bin/env python3
"""Writes what transformers computes for small encoders of random weights, and for MiniLM, beside this file.

    make_expected.py [FOLDER WITH MiniLM's model.safetensors AND config.json]

Needs torch, transformers and safetensors from PyPI. X.safetensors holds weights, X_expected.safetensors tokens, token types,
lengths and outputs (float64 weights and arithmetic, rounded once): lib/models must agree. The files in the repository were made
with the versions in their metadata.
"""

import os
import sys

import safetensors.torch
import torch
import transformers

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = {"made by": f"transformers {transformers.__version__}, torch {torch.__version__}"}


def randomize(model):
    with torch.no_grad():
        for name, value in model.named_parameters():
            normal = torch.randn_like(value) * 0.3
            value.copy_(1 + normal if "norm" in name.lower() and name.endswith("weight") else normal)


def write_expected(name, tokens, types, lengths, states, pooled):
    content = {"tokens": tokens, "types": types, "lengths": lengths, "states": states.float(), "pooled": pooled.float()}
    safetensors.torch.save_file({key: value.contiguous() for key, value in content.items()},
                                os.path.join(HERE, name + "_expected.safetensors"), VERSIONS)


def inputs(vocabulary, length):
    tokens = torch.randint(1, vocabulary, (3, length))
    types = (torch.arange(length).expand(3, length) >= length // 2).long()
    lengths = torch.tensor([length, length - 2, length // 2])
    return tokens, types, lengths, (torch.arange(length) < lengths[:, None]).long()


def write_bert(name, activation, epsilon):
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20, hidden_act=activation,
        max_position_embeddings=10, type_vocab_size=2, layer_norm_eps=epsilon, attn_implementation="eager")
    model = transformers.BertModel(config).eval()
    randomize(model)
    safetensors.torch.save_file(model.state_dict(), os.path.join(HERE, name + ".safetensors"), VERSIONS)
    tokens, types, lengths, mask = inputs(30, 7)
    with torch.no_grad():
        out = model.double()(tokens, attention_mask=mask, token_type_ids=types)
    write_expected(name, tokens, types, lengths, out.last_hidden_state, out.pooler_output)


def write_distilbert(name):
    config = transformers.DistilBertConfig(
        vocab_size=30, dim=12, n_layers=2, n_heads=3, hidden_dim=20, activation="gelu", max_position_embeddings=10,
        attn_implementation="eager")
    model = transformers.DistilBertForSequenceClassification(config).eval()
    randomize(model)
    safetensors.torch.save_file(model.state_dict(), os.path.join(HERE, name + ".safetensors"), VERSIONS)
    tokens, types, lengths, mask = inputs(30, 7)
    with torch.no_grad():
        model = model.double()
        states = model.distilbert(tokens, attention_mask=mask).last_hidden_state
        pooled = torch.relu(model.pre_classifier(states[:, 0]))
    write_expected(name, tokens, types, lengths, states, pooled)


def write_minilm(folder):
    model = transformers.BertModel.from_pretrained(folder, attn_implementation="eager").eval().double()
    tokens, types, lengths, mask = inputs(30000, 8)
    with torch.no_grad():
        out = model(tokens, attention_mask=mask, token_type_ids=types)
    write_expected("minilm", tokens, types, lengths, out.last_hidden_state, out.pooler_output)


def main():
    torch.manual_seed(1)
    write_bert("bert", "gelu", 1e-12)
    write_bert("bert_tanh_gelu", "gelu_pytorch_tanh", 1e-5)
    write_distilbert("distilbert")
    if len(sys.argv) > 1:
        write_minilm(sys.argv[1])


if __name__ == "__main__":
    main()
