"""The one style sheet of every report, and the policy under which a browser takes it and nothing else.

Rule of this module: colours are named once for each scheme; no element has a style of its own, so the policy
needs no exception but this sheet's digest. Print is always light.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

LIGHT: Final[Mapping[str, str]] = {
    "ground": "#ffffff",
    "raised": "#f5f7fa",
    "ink": "#1a2027",
    "quiet": "#55606d",
    "line": "#d5dbe2",
    "track": "#e3e8ee",
    "blue": "#0b57b0",
    "blue-wash": "#e8f1fd",
    "green": "#0f6a34",
    "green-wash": "#e4f5ea",
    "amber": "#7d4f00",
    "amber-wash": "#fdf2d8",
    "red": "#a8152c",
    "red-wash": "#fdebec",
    "violet": "#6a3fb0",
    "violet-wash": "#f1ebfc",
}
DARK: Final[Mapping[str, str]] = {
    "ground": "#10151b",
    "raised": "#181f27",
    "ink": "#e6ebf1",
    "quiet": "#a3afbc",
    "line": "#313b47",
    "track": "#2a333e",
    "blue": "#82b8ff",
    "blue-wash": "#15263c",
    "green": "#6fd394",
    "green-wash": "#12291c",
    "amber": "#e8b64c",
    "amber-wash": "#2e2410",
    "red": "#ff9494",
    "red-wash": "#38191d",
    "violet": "#c3a6ff",
    "violet-wash": "#271e3b",
}
WASHED: Final = ("blue", "green", "amber", "red", "violet")
"""Colours that stand as text on their own wash."""


def _named(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


_TINTS = "\n".join(
    f".{one}{{color:var(--{one})}}.badge.{one},.tile.{one},.notice.{one}{{background:var(--{one}-wash);"
    f"color:var(--{one});border-color:currentColor}}svg .{one}{{fill:var(--{one});stroke:none}}"
    for one in WASHED
)

SHEET: Final = f"""
:root{{color-scheme:light dark;{_named(LIGHT)}}}
@media screen and (prefers-color-scheme:dark){{:root{{{_named(DARK)}}}}}
*{{box-sizing:border-box}}
html{{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
-webkit-text-size-adjust:100%}}
body{{margin:0;background:var(--ground);color:var(--ink)}}
header,main,footer{{max-width:76rem;margin:0 auto;padding:0 1.25rem}}
header{{padding-top:2rem}}
h1,h2,h3,h4,p,dl,ul,ol{{margin:0}}
h1{{font-size:clamp(1.6rem,4vw,2.25rem);line-height:1.15;letter-spacing:-.02em;overflow-wrap:anywhere}}
h2{{font-size:1.25rem;letter-spacing:-.01em;margin:0 0 .75rem}}
h3{{font-size:1.05rem;margin:1.5rem 0 .6rem;overflow-wrap:anywhere}}
h3 .where{{font-weight:400}}
h4{{font-size:1rem;font-weight:600;display:flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:baseline;
overflow-wrap:anywhere}}
ul,ol{{padding:0;list-style:none}}
a{{color:var(--blue)}}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{{outline:3px solid var(--blue);
outline-offset:2px}}
code,.code{{font:.92em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}}
code,td,th,dd,li,p,h1{{unicode-bidi:isolate;overflow-wrap:anywhere}}
section{{padding:1.75rem 0 .25rem;scroll-margin-top:.5rem}}
.kicker{{color:var(--quiet);font-size:.85rem;letter-spacing:.06em;text-transform:uppercase;
margin-bottom:.25rem}}
.sum{{font-size:1.1rem;margin-top:.75rem}}
.quiet,.where,.fix{{color:var(--quiet)}}
.fix{{font-size:.9rem;margin-bottom:.75rem;max-width:60rem}}
.badge{{display:inline-block;font-size:.8rem;font-weight:600;line-height:1.35;padding:.1rem .5rem;
border:1px solid var(--line);border-radius:1rem;background:var(--raised);white-space:nowrap}}
.notice{{border:1px solid var(--line);border-left:4px solid currentColor;border-radius:.4rem;
padding:.7rem .9rem;margin:1rem 0 0;background:var(--raised)}}
.notice p,.notice li{{color:var(--ink)}}
.notice li+li{{margin-top:.6rem}}
.facts{{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.75rem 1.5rem;
margin-top:1.25rem;padding:1rem 0;border:solid var(--line);border-width:1px 0}}
.facts div{{min-width:0}}
.facts .wide{{grid-column:1/-1}}
dt{{color:var(--quiet);font-size:.8rem}}
dd{{margin:0}}
.tiles{{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.3rem,1fr));gap:.6rem;margin-top:1rem}}
.tile{{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem;background:var(--raised)}}
.tile.none{{color:var(--quiet)}}
.tile dt{{color:inherit;font-size:.85rem}}
.tile dd{{font-size:1.5rem;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums}}
nav ul{{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin-top:1rem;font-size:.95rem}}
.box{{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}}
table{{border-collapse:collapse;width:100%;font-size:.92rem}}
caption{{text-align:left;color:var(--quiet);font-size:.85rem;padding:.5rem .75rem}}
th,td{{text-align:left;vertical-align:top;padding:.4rem .75rem;border-top:1px solid var(--line)}}
thead th{{border-top:0;background:var(--raised);font-size:.82rem;color:var(--quiet);white-space:nowrap}}
caption+thead th{{border-top:1px solid var(--line)}}
tbody th{{font-weight:600}}
.box th[scope=row],.box td{{white-space:nowrap}}
.box th[scope=row],.box td.long{{white-space:normal;min-width:10rem}}
.num{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.map td{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.map thead th{{text-align:right}}
.map thead th:first-child{{text-align:left}}
.map .held{{background:var(--blue-wash)}}
.map .moved{{background:var(--amber-wash)}}
.map .total{{background:var(--raised)}}
.amount{{display:block}}
.box .small{{display:block;color:var(--quiet);font-size:.85em}}
.step{{border:1px solid var(--line);border-radius:.5rem;padding:.65rem .9rem;margin-top:.6rem;
break-inside:avoid}}
.step>p{{margin-top:.35rem}}
.step p.code{{font-size:.88rem}}
.step .order{{font-weight:400;color:var(--quiet);font-size:.9rem}}
.changes{{margin-top:.45rem;font-size:.9rem;table-layout:auto}}
.changes th,.changes td{{padding:.22rem .75rem .22rem 0;border-top:1px solid var(--line);
background:none;white-space:normal}}
.changes thead th{{border-top:0;font-weight:400}}
.changes tbody th{{font-weight:400;width:26%}}
.changes td{{width:37%}}
.changes .before{{color:var(--quiet)}}
.pools>li,.ends>li{{display:grid;gap:.2rem 1.25rem;align-items:center;padding:.6rem 0;
border-top:1px solid var(--line);break-inside:avoid}}
.pools>li{{grid-template-columns:minmax(0,3fr) minmax(0,4fr) minmax(0,4fr) 9.5rem}}
.pools .badge{{justify-self:start}}
.pools dl{{display:grid;grid-template-columns:repeat(4,1fr);text-align:right;
font-variant-numeric:tabular-nums}}
.pools details,.pools .under{{grid-column:1/-1;font-size:.9rem}}
.ends>li{{grid-template-columns:minmax(0,5fr) minmax(0,6fr)}}
.ends>li.axis{{border-top:0;padding-bottom:0}}
.ends .what{{display:flex;flex-wrap:wrap;gap:.1rem .6rem;align-items:baseline}}
svg{{display:block;width:100%;overflow:visible}}
svg text{{fill:var(--quiet);font-size:.75rem}}
svg .track{{fill:var(--track)}}
svg .tick{{stroke:var(--line);stroke-width:1}}
svg .mark{{stroke:var(--ink);stroke-width:2}}
svg .kept{{fill:var(--quiet);fill-opacity:.65}}
summary{{cursor:pointer;padding:.2rem 0}}
details>.box{{margin-top:.5rem}}
footer{{color:var(--quiet);font-size:.85rem;padding-top:1.5rem;padding-bottom:2.5rem}}
.unseen{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}}
{_TINTS}
@media (max-width:46rem){{
header,main,footer{{padding-left:.9rem;padding-right:.9rem}}
header{{padding-top:1.25rem}}
.facts{{grid-template-columns:1fr 1fr;gap:.6rem 1rem}}
.tiles{{grid-template-columns:repeat(auto-fill,minmax(5.2rem,1fr));gap:.45rem}}
.tile{{padding:.35rem .55rem}}
.tile dd{{font-size:1.25rem}}
.pools>li,.ends>li{{grid-template-columns:minmax(0,1fr)}}
.ends>li.axis .what{{display:none}}
.changes th,.changes td{{padding-right:.5rem}}
.changes tbody th{{width:38%}}
.changes td{{width:31%}}
.map th[scope=row]{{position:sticky;left:0;background:var(--ground)}}
}}
@media print{{
html{{font-size:10.5pt}}
header,main,footer{{max-width:none;padding-left:0;padding-right:0}}
nav{{display:none}}
.box{{overflow:visible;border:0}}
table{{font-size:8.5pt}}
th,td{{padding:.2rem .4rem}}
.box th,.box td,.num,.map td,thead th{{white-space:normal;overflow-wrap:break-word;min-width:0}}
.box th[scope=row],.box td.long{{overflow-wrap:anywhere}}
tr,.step,.notice,.tile{{break-inside:avoid}}
h2,h3{{break-after:avoid}}
details::details-content{{content-visibility:visible;block-size:auto}}
}}
"""

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(SHEET.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser may load for a report: nothing but this sheet, by its digest."""
