"""Credentials of the shapes that vendors give out, made when a test runs: none that looks real stands in a file.

Written from what the vendors' pages and keys show, not from our table: it is what the table is held against.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

HEX = "0123456789abcdef"
ALNUM = string.ascii_letters + string.digits
BASE32 = string.ascii_uppercase + "234567"
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"


class Dice:
    """Random letters, the same in every run."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def draw(self, letters: str, length: int) -> str:
        """Letters of which the last is no dash, so that a word ends where the credential does."""
        drawn = "".join(self.random.choices(letters, k=length - 1))
        return drawn + self.random.choice([one for one in letters if one.isalnum()])

    def mixed(self, length: int) -> str:
        """With at least one capital, one small letter and one digit."""
        return "Qz7" + self.draw(ALNUM, length - 3)

    def uuid(self) -> str:
        return "-".join(self.draw(HEX, length) for length in (8, 4, 4, 4, 12))

    def jwt(self, **claims: object) -> str:
        parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": self.draw(ALNUM, 20), **claims})
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, self.draw(URL_SAFE, 43)])


@dataclass(frozen=True)
class Kind:
    """One kind of credential: how it is made, and the text around it, where only that tells it."""

    vendor: str
    name: str
    make: Callable[[Dice], str]
    around: str = "{}"

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def _prefixed(vendor: str, prefix: str, letters: str, length: int, name: str = "") -> Kind:
    return Kind(vendor, name or f"{vendor} {prefix}", lambda dice: prefix + dice.draw(letters, length))


def _mixed(vendor: str, prefix: str, length: int) -> Kind:
    return Kind(vendor, f"{vendor} {prefix}", lambda dice: prefix + dice.mixed(length))


def _beside(vendor: str, name: str, around: str, letters: str, length: int) -> Kind:
    return Kind(vendor, name, lambda dice: "7f" + dice.draw(letters, length - 2), around)


def _private_key(dice: Dice, what: str) -> str:
    lines = "\n".join(dice.draw(BASE64, 64) for _ in range(12))
    return f"-----BEGIN {what}-----\n{lines}\n-----END {what}-----"


MODELS = [
    Kind("OpenAI", "OpenAI old", lambda d: f"sk-{d.draw(ALNUM, 20)}T3BlbkFJ{d.draw(ALNUM, 20)}"),
    _prefixed("OpenAI", "sk-proj-", URL_SAFE, 156),
    _prefixed("OpenAI", "sk-svcacct-", URL_SAFE, 156),
    _prefixed("OpenAI", "sk-admin-", URL_SAFE, 124),
    _prefixed("Anthropic", "sk-ant-api03-", URL_SAFE, 95),
    _prefixed("Anthropic", "sk-ant-admin01-", URL_SAFE, 95),
    _prefixed("Hugging Face", "hf_", string.ascii_letters, 34),
    _prefixed("Hugging Face", "api_org_", string.ascii_letters, 34),
    _prefixed("Replicate", "r8_", ALNUM, 37),
    _prefixed("OpenRouter", "sk-or-v1-", HEX, 64),
    _prefixed("Groq", "gsk_", ALNUM, 52),
    _prefixed("xAI", "xai-Qz7", URL_SAFE, 80),
    _prefixed("Perplexity", "pplx-", ALNUM, 48),
    _prefixed("NVIDIA", "nvapi-", URL_SAFE, 64),
    _prefixed("Together AI", "tgp_v1_", URL_SAFE, 43),
    _prefixed("ElevenLabs", "sk_", HEX, 48),
    _beside("Stability AI", "Stability AI", "STABILITY_API_KEY=sk-{}", ALNUM, 48),
    _beside("DeepSeek", "DeepSeek", '"deepseek_key": "sk-{}"', HEX, 32),
    _beside("Mistral AI", "Mistral AI", "MISTRAL_API_KEY={}", ALNUM, 32),
]
PICTURES = [
    _prefixed("Comfy", "comfyui-", HEX, 64),
    Kind("ComfyDeploy", "ComfyDeploy JWT", lambda d: d.jwt(user_id="user_1"), "COMFYDEPLOY_API_KEY={}"),
    _beside("RunComfy", "RunComfy", "RUNCOMFY_API_KEY={}", HEX, 36),
    Kind("RunComfy", "RunComfy UUID", lambda d: "7f" + d.uuid()[2:], 'RUNCOMFY_TOKEN="{}"'),
    _beside("Civitai", "Civitai variable", "export CIVITAI_API_TOKEN={}", HEX, 32),
    _beside("Civitai", "Civitai address", "https://civitai.com/api/download/models/128713?token={}", HEX, 32),
    _beside("Civitai", "Civitai header", 'curl https://civitai.com -H "Authorization: Bearer {}"', HEX, 32),
    Kind("fal", "fal", lambda d: f"{d.uuid()}:{d.draw(HEX, 32)}"),
    _prefixed("Runway", "key_", HEX, 128),
    Kind("Luma AI", "Luma", lambda d: f"luma-{d.uuid()}-{d.uuid()}"),
    Kind("Black Forest Labs", "BFL", lambda d: "7f" + d.uuid()[2:], "BFL_API_KEY: {}"),
    Kind("Black Forest Labs", "BFL header", lambda d: "7f" + d.uuid()[2:], "-H 'x-key: {}'"),
    _beside("Kling AI", "Kling access key", "KLING_ACCESS_KEY={}", ALNUM, 32),
    _beside("Kling AI", "Kling secret key", "KLING_SECRET_KEY={}", ALNUM, 32),
    Kind("RunPod", "RunPod", lambda d: f"rpa_{d.draw(string.ascii_uppercase + string.digits, 40)}{d.draw(ALNUM, 6)}"),
    _beside("RunPod", "RunPod old", '"runpod_api_key": "{}"', string.ascii_uppercase + string.digits, 40),
    _mixed("Modal", "ak-", 22),
    _mixed("Modal", "as-", 22),
    _prefixed("Tripo", "tsk_", URL_SAFE, 43),
    _prefixed("Meshy", "msy_", ALNUM, 40),
]
CLOUDS = [
    _prefixed("AWS", "AKIA", BASE32, 16),
    _prefixed("AWS", "ASIA", BASE32, 16),
    _beside("AWS", "AWS secret", "aws_secret_access_key = {}", BASE64, 40),
    _prefixed("Google", "AIza", URL_SAFE, 35),
    _prefixed("Google", "GOCSPX-", URL_SAFE, 28),
    _prefixed("Google", "ya29.", URL_SAFE, 180),
    Kind("private key", "Google service account", lambda d: _private_key(d, "PRIVATE KEY"), '"private_key": "{}"'),
    Kind("Azure", "Azure storage", lambda d: d.draw(BASE64, 86) + "==", "DefaultEndpointsProtocol=https;AccountKey={}"),
    Kind("Azure", "Azure client secret", lambda d: f"Ab18Q~{d.draw(ALNUM + '_~.-', 34)}"),
    _beside("Azure", "Azure OpenAI", "AZURE_OPENAI_API_KEY={}", HEX, 32),
    Kind("Cloudflare", "Cloudflare new", lambda d: f"cfut_{d.draw(ALNUM, 40)}{d.draw(HEX, 8)}"),
    _beside("Cloudflare", "Cloudflare old", "CLOUDFLARE_API_TOKEN={}", URL_SAFE, 40),
    _prefixed("DigitalOcean", "dop_v1_", HEX, 64),
    _prefixed("Pulumi", "pul-", HEX, 40),
    _prefixed("HashiCorp", "hvs.", URL_SAFE, 95),
    _prefixed("Databricks", "dapi", HEX, 32),
]
DEVELOPMENT = [
    *(_prefixed("GitHub", f"{kind}_", ALNUM, 36) for kind in ("ghp", "gho", "ghu", "ghs", "ghr")),
    Kind("GitHub", "GitHub fine-grained", lambda d: f"github_pat_{d.draw(ALNUM, 22)}_{d.draw(ALNUM, 59)}"),
    _prefixed("GitLab", "glpat-", URL_SAFE, 20),
    _prefixed("GitLab", "gldt-", URL_SAFE, 20),
    _prefixed("GitLab", "glrt-", URL_SAFE, 20),
    _prefixed("Docker Hub", "dckr_pat_", URL_SAFE, 27),
    _prefixed("npm", "npm_", ALNUM, 36),
    _prefixed("PyPI", "pypi-AgEIcHlwaS5vcmc", URL_SAFE, 150),
    _prefixed("Grafana", "glsa_", ALNUM, 41),
]
SERVICES = [
    Kind("Slack", "Slack bot", lambda d: f"xoxb-{d.draw('1379', 12)}-{d.draw('1379', 12)}-{d.draw(ALNUM, 24)}"),
    Kind("Slack", "Slack user", lambda d: f"xoxp-{d.draw('1379', 12)}-{d.draw('2468', 12)}-{d.draw(HEX, 32)}"),
    Kind("Slack", "Slack app", lambda d: f"xapp-1-A{d.draw(BASE32, 10)}-{d.draw('1379', 13)}-{d.draw(HEX, 64)}"),
    Kind(
        "Slack",
        "Slack webhook",
        lambda d: f"hooks.slack.com/services/T{d.draw(BASE32, 8)}/B{d.draw(BASE32, 10)}/{d.draw(ALNUM, 24)}",
        "https://{}",
    ),
    _prefixed("Stripe", "sk_live_", ALNUM, 24),
    _prefixed("Stripe", "sk_test_", ALNUM, 99),
    _prefixed("Stripe", "rk_live_", ALNUM, 24),
    Kind("SendGrid", "SendGrid", lambda d: f"SG.{d.draw(URL_SAFE, 22)}.{d.draw(URL_SAFE, 43)}"),
    _prefixed("Twilio", "SK", HEX, 32),
    _beside("Twilio", "Twilio token", "TWILIO_AUTH_TOKEN={}", HEX, 32),
    Kind("Telegram", "Telegram", lambda d: f"{d.draw('13579', 10)}:AA{d.draw(URL_SAFE, 33)}"),
    Kind("unknown", "a JWT alone", lambda d: d.jwt()),
    Kind("unknown", "an address's password", lambda d: d.draw(ALNUM, 14), "postgres://app:{}@db.internal:5432/app"),
    Kind("unknown", "a bearer header", lambda d: "4" + d.draw(URL_SAFE, 30), "Authorization: Bearer {}"),
    Kind(
        "unknown",
        "a basic header",
        lambda d: base64.b64encode(f"user:{d.draw(ALNUM, 13)}".encode()).decode(),
        "authorization: Basic {}",
    ),
    *(
        Kind("private key", f"a PEM {what}", lambda d, what=what: _private_key(d, f"{what} KEY"))
        for what in ("RSA PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE")
    ),
]
KINDS = [*MODELS, *PICTURES, *CLOUDS, *DEVELOPMENT, *SERVICES]


def make(kind: Kind) -> str:
    """A credential of the kind, the same at every call."""
    return kind.make(Dice(kind.name))
