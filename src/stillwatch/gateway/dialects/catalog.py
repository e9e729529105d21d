# SPDX-License-Identifier: Apache-2.0
"""The endpoints the gateway serves, by path."""

from types import MappingProxyType

from stillwatch.gateway.dialects.anthropic import Anthropic
from stillwatch.gateway.dialects.anthropic_messages import Messages
from stillwatch.gateway.dialects.interface import Dialect, Endpoint
from stillwatch.gateway.dialects.openai import OpenAI
from stillwatch.gateway.dialects.openai_chat import ChatCompletions
from stillwatch.gateway.dialects.openai_completions import Completions
from stillwatch.gateway.dialects.openai_embeddings import Embeddings
from stillwatch.gateway.dialects.openai_responses import Responses

DIALECTS: MappingProxyType[str, Dialect] = MappingProxyType({"openai": OpenAI(), "anthropic": Anthropic()})

ENDPOINTS: MappingProxyType[str, Endpoint] = MappingProxyType(
    {
        "/v1/chat/completions": ChatCompletions(),
        "/v1/responses": Responses(),
        "/v1/completions": Completions(),
        "/v1/embeddings": Embeddings(),
        "/v1/messages": Messages(),
        "/v1/messages/count_tokens": Messages(name="messages.count_tokens", target="/messages/count_tokens"),
    }
)
