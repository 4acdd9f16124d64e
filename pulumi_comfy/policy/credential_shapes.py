"""What the credentials of the vendors that we know look like: one row each, and the words that name a vendor.

A row holds what every credential of the kind begins with. That text is searched first, by `str.find`, so that a long
document is read fast; the rest of the row is asked only where it stands. Lengths are the least that a vendor gives
out, and open to the right: vendors make their keys longer, not shorter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["SHAPES", "SK_VENDORS", "VENDOR_WORDS", "Shape"]

_MOST = 512
"""Characters of one token; a bound keeps every look at a text short."""


@dataclass(frozen=True)
class Shape:
    """What one kind of credential looks like.

    Attributes:
        vendor: Who gives it out.
        rule: Its name in a finding.
        literal: What it begins with, letter by letter.
        body: What follows; where `lead` is set, the whole of it.
        is_mixed: Whether the beginning is so common that the body has to hold capitals, small letters and digits.
        lead: How many characters stand before `literal`, where no credential of the kind begins alike.
    """

    vendor: str
    rule: str
    literal: str
    body: re.Pattern[str]
    is_mixed: bool = False
    lead: int = 0


def _shape(vendor: str, rule: str, literal: str, letters: str, least: int, *, is_mixed: bool = False) -> Shape:
    return Shape(vendor, rule, literal, re.compile(f"[{letters}]{{{least},{_MOST}}}"), is_mixed)


def _special(vendor: str, rule: str, literal: str, body: str, lead: int = 0) -> Shape:
    return Shape(vendor, rule, literal, re.compile(body), lead=lead)


_ALNUM = "A-Za-z0-9"
_WORD = r"A-Za-z0-9_\-"
_HEX = "a-f0-9"
_BASE64 = "A-Za-z0-9+/="
_COMMIT = r"[a-f0-9]{40}(?![A-Za-z0-9])"
"""Of a git commit: images are tagged `comfyui-<commit>`."""

SK_VENDORS = "OpenAI, Stability AI or DeepSeek"
"""Three vendors whose keys begin with `sk-` and tell no more; the name beside one may tell which."""

_MODELS = (
    _special("OpenAI", "openai-key", "sk-", rf"(?:proj|svcacct|admin|None)-[{_WORD}]{{20,{_MOST}}}"),
    _special("OpenAI", "openai-key", "sk-", rf"[{_ALNUM}]{{16,40}}T3BlbkFJ[{_ALNUM}]{{16,40}}"),
    _shape("Anthropic", "anthropic-key", "sk-ant-", _WORD, 32),
    _shape("OpenRouter", "openrouter-key", "sk-or-v1-", _HEX, 32),
    _shape("MiniMax", "minimax-key", "sk-api-", _WORD, 32),
    _shape(SK_VENDORS, "sk-key", "sk-", _ALNUM, 32),
    _shape("Hugging Face", "huggingface-token", "hf_", _ALNUM, 30),
    _shape("Hugging Face", "huggingface-organisation-token", "api_org_", _ALNUM, 30),
    _shape("Replicate", "replicate-token", "r8_", _ALNUM, 30),
    _shape("Groq", "groq-key", "gsk_", _ALNUM, 40),
    _shape("xAI", "xai-key", "xai-", _WORD, 40, is_mixed=True),
    _shape("Perplexity", "perplexity-key", "pplx-", _ALNUM, 32),
    _shape("NVIDIA", "nvidia-key", "nvapi-", _WORD, 40),
    _shape("Cerebras", "cerebras-key", "csk-", _ALNUM, 40),
    _shape("Together AI", "together-key", "tgp_v1_", _WORD, 32),
    _shape("ElevenLabs", "elevenlabs-key", "sk_", _HEX, 40),
    _shape("Fireworks AI", "fireworks-key", "fw_", _ALNUM, 20, is_mixed=True),
    _shape("Weights & Biases", "wandb-key", "wandb_v1_", "A-Za-z0-9_", 40),
    _shape("LangSmith", "langsmith-key", "lsv2_", "A-Za-z0-9_", 36),
    _shape("Pinecone", "pinecone-key", "pcsk_", "A-Za-z0-9_", 40),
)
_PICTURES = (
    _special("Comfy", "comfy-key", "comfyui-", rf"(?!{_COMMIT})[{_ALNUM}]{{32,{_MOST}}}"),
    _shape("Runway", "runway-key", "key_", _HEX, 64),
    _shape("Luma AI", "luma-key", "luma-", f"{_HEX}-", 36),
    _shape("Black Forest Labs", "bfl-key", "bfl_", _ALNUM, 24, is_mixed=True),
    _shape("Tripo", "tripo-key", "tsk_", _WORD, 32),
    _shape("Meshy", "meshy-key", "msy_", _ALNUM, 32),
    _shape("RunPod", "runpod-key", "rpa_", _ALNUM, 40),
    _special("fal", "fal-key", ":", r"[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}:[a-f0-9]{32}", lead=36),
    *(_shape("Modal", "modal-token", literal, _ALNUM, 22, is_mixed=True) for literal in ("ak-", "as-", "wk-", "ws-")),
    _shape("Apify", "apify-token", "apify_api_", _ALNUM, 30),
)
_CLOUDS = (
    *(_shape("AWS", "aws-access-key-id", literal, "A-Z0-9", 16) for literal in ("AKIA", "ASIA", "ABIA", "ACCA")),
    _shape("AWS", "aws-bedrock-key", "ABSK", _BASE64, 100),
    _shape("Google", "google-api-key", "AIza", _WORD, 35),
    _shape("Google", "google-api-key", "AQ.Ab8RN6", _WORD, 40),
    _shape("Google", "google-oauth-secret", "GOCSPX-", _WORD, 24),
    _shape("Google", "google-oauth-token", "ya29.", _WORD, 40),
    *(_shape("Cloudflare", "cloudflare-token", literal, _ALNUM, 40) for literal in ("cfut_", "cfat_")),
    _special("Cloudflare", "cloudflare-origin-key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,200}"),
    *(_shape("DigitalOcean", "digitalocean-token", f"do{one}_v1_", _HEX, 60) for one in "opr"),
    _shape("Databricks", "databricks-token", "dapi", _HEX, 32),
    _shape("Heroku", "heroku-key", "HRKU-AA", _WORD, 50),
    _shape("Fly.io", "fly-token", "fo1_", _WORD, 40),
    *(_shape("Fly.io", "fly-token", literal, _BASE64, 100) for literal in ("fm1a_", "fm1r_", "fm2_")),
    _shape("Vercel", "vercel-token", "vcp_", _WORD, 40),
    _shape("Render", "render-key", "rnd_", _ALNUM, 28, is_mixed=True),
    _shape("Supabase", "supabase-token", "sbp_", f"{_ALNUM}_", 40),
    _shape("Supabase", "supabase-secret-key", "sb_secret_", _WORD, 30),
    _shape("PlanetScale", "planetscale-token", "pscale_tkn_", f"{_WORD}.=", 32),
    _shape("PlanetScale", "planetscale-password", "pscale_pw_", f"{_WORD}.=", 32),
    _shape("Tailscale", "tailscale-key", "tskey-", _WORD, 24),
    _shape("HashiCorp", "vault-token", "hvs.", _WORD, 24),
    _shape("HashiCorp", "vault-token", "hvb.", _WORD, 100),
    _shape("Pulumi", "pulumi-token", "pul-", _HEX, 40),
    _shape("Doppler", "doppler-token", "dp.pt.", _ALNUM, 40),
    _special("HashiCorp", "terraform-token", ".atlasv1.", rf"[{_ALNUM}]{{14}}\.atlasv1\.[{_WORD}=]{{60,70}}", lead=14),
    _shape("age", "age-secret-key", "AGE-SECRET-KEY-1", "A-Z0-9", 50),
    _shape("1Password", "1password-token", "ops_eyJ", _BASE64, 100),
)
_GITHUB = tuple(_shape("GitHub", "github-token", f"gh{one}_", _ALNUM, 36) for one in "pousr")
_GITLAB = tuple(
    _shape("GitLab", "gitlab-token", f"{one}-", f"{_WORD}.", 20)
    for one in (
        "glpat",
        "gldt",
        "glrt",
        "glrtr",
        "glcbt",
        "glptt",
        "glft",
        "glimt",
        "glagent",
        "gloas",
        "glsoat",
        "glffct",
    )
)
_DEVELOPMENT = (
    *_GITHUB,
    _shape("GitHub", "github-token", "github_pat_", "A-Za-z0-9_", 60),
    *_GITLAB,
    _shape("GitLab", "gitlab-runner-token", "GR1348941", _WORD, 20),
    _shape("Docker Hub", "dockerhub-token", "dckr_pat_", _WORD, 24),
    _shape("Docker Hub", "dockerhub-token", "dckr_oat_", _WORD, 24),
    _shape("npm", "npm-token", "npm_", _ALNUM, 36),
    _shape("PyPI", "pypi-token", "pypi-AgE", _WORD, 50),
    _shape("RubyGems", "rubygems-key", "rubygems_", _HEX, 40),
    _shape("Atlassian", "atlassian-token", "ATATT3", f"{_WORD}=", 60),
    _shape("Postman", "postman-key", "PMAK-", f"{_HEX}-", 50),
    _shape("Linear", "linear-key", "lin_api_", _ALNUM, 32),
    _shape("Notion", "notion-token", "ntn_", _ALNUM, 40),
    _shape("Sentry", "sentry-token", "sntrys_", f"{_BASE64}_", 60),
    _shape("Sentry", "sentry-token", "sntryu_", _HEX, 60),
    _shape("Grafana", "grafana-token", "glsa_", "A-Za-z0-9_", 40),
    _shape("Grafana", "grafana-token", "glc_", _BASE64, 32),
)
_SERVICES = (
    *(_shape("Slack", "slack-token", f"xox{one}-", _WORD, 24) for one in "abeoprs"),
    _special("Slack", "slack-token", "xoxe.xox", rf"[bp]-[{_WORD}]{{40,{_MOST}}}"),
    _special("Slack", "slack-token", "xapp-", r"\d-[A-Z0-9]{6,20}-\d{6,20}-[A-Za-z0-9]{32,128}"),
    _shape("Slack", "slack-webhook", "hooks.slack.com/services/", f"{_ALNUM}/", 36),
    *(_special("Telegram", "telegram-token", ":AA", rf"\d{{{n}}}:AA[{_WORD}]{{33}}", n) for n in (8, 9, 10)),
    _special("Discord", "discord-webhook", "discord.com/api/webhooks/", rf"\d{{16,20}}/[{_WORD}]{{50,100}}"),
    *(
        _shape("Stripe", "stripe-key", f"{kind}_{mode}_", _ALNUM, 16)
        for kind in ("sk", "rk")
        for mode in ("live", "test", "prod")
    ),
    _shape("Stripe", "stripe-webhook-secret", "whsec_", f"{_ALNUM}+/=", 24, is_mixed=True),
    _special("SendGrid", "sendgrid-key", "SG.", rf"[{_WORD}]{{16,32}}\.[{_WORD}]{{32,64}}"),
    _shape("Twilio", "twilio-key", "SK", _HEX, 32),
    _special("Resend", "resend-key", "re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),
    *(_shape("Shopify", "shopify-token", f"{one}_", "A-Fa-f0-9", 32) for one in ("shpat", "shpca", "shppa", "shpss")),
)
_AZURE = (
    _special("Azure", "azure-storage-key", "AccountKey=", r"[A-Za-z0-9+/]{86}=="),
    _special("Azure", "azure-shared-access-key", "SharedAccessKey=", r"[A-Za-z0-9+/]{40,64}={0,2}"),
    _special("Azure", "azure-client-secret", "Q~", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", lead=4),
    _special("Azure", "azure-key", "JQQJ99", r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{20,40}", lead=52),
)
SHAPES = (*_MODELS, *_PICTURES, *_CLOUDS, *_DEVELOPMENT, *_SERVICES, *_AZURE)
"""Of two that fit one place, the one that stands first."""

VENDOR_WORDS = {
    "civitai": "Civitai",
    "runcomfy": "RunComfy",
    "comfydeploy": "ComfyDeploy",
    "comfy_deploy": "ComfyDeploy",
    "cd_token": "ComfyDeploy",
    "comfy_org": "Comfy",
    "comfy_cloud": "Comfy",
    "azure": "Azure",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "huggingface": "Hugging Face",
    "hugging_face": "Hugging Face",
    "hf_": "Hugging Face",
    "replicate": "Replicate",
    "fal_": "fal",
    "stability": "Stability AI",
    "deepseek": "DeepSeek",
    "mistral": "Mistral AI",
    "cohere": "Cohere",
    "gemini": "Google",
    "google": "Google",
    "gcp": "Google",
    "aws": "AWS",
    "accountkey": "Azure",
    "account_key": "Azure",
    "cloudflare": "Cloudflare",
    "twilio": "Twilio",
    "runpod": "RunPod",
    "modal": "Modal",
    "kling": "Kling AI",
    "bfl": "Black Forest Labs",
    "x_key": "Black Forest Labs",
    "luma": "Luma AI",
    "runway": "Runway",
    "ideogram": "Ideogram",
    "recraft": "Recraft",
    "minimax": "MiniMax",
    "elevenlabs": "ElevenLabs",
    "wandb": "Weights & Biases",
    "vast": "Vast.ai",
    "lambda": "Lambda",
    "github": "GitHub",
    "gitlab": "GitLab",
    "docker": "Docker Hub",
    "datadog": "Datadog",
    "telegram": "Telegram",
    "discord": "Discord",
    "pulumi": "Pulumi",
}
"""Words of a name (`CIVITAI_API_TOKEN`) or an address that tell whose a credential is that tells it not itself."""
