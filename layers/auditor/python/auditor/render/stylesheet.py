"""The look of the HTML report: system fonts, light and dark, narrow screens and paper. Colours never stand alone."""

LIGHT = {
    "paper": "#ffffff",
    "panel": "#f5f6f7",
    "line": "#d3d7db",
    "ink": "#16191d",
    "soft": "#535c66",
    "link": "#0b57a4",
    "down": "#b01e16",
    "on-down": "#ffffff",
    "degraded": "#8a4b00",
    "on-degraded": "#ffffff",
    "unknown": "#5a3fa0",
    "healthy": "#17663a",
}
DARK = {
    "paper": "#121517",
    "panel": "#1b1f23",
    "line": "#373e45",
    "ink": "#e6e9ec",
    "soft": "#a3adb7",
    "link": "#84bdf5",
    "down": "#ff8b80",
    "on-down": "#240200",
    "degraded": "#f0b35a",
    "on-degraded": "#221400",
    "unknown": "#c0a9ff",
    "healthy": "#74d19b",
}

_PHASES_LIGHT = {
    "prepare": "#9aa3ac",
    "name": "#8e6bb8",
    "tcp": "#3f7fbf",
    "tls": "#2a9d8f",
    "request": "#b9a13a",
    "first_byte": "#d07b3f",
    "transfer": "#7c8a43",
    "login": "#c05c8a",
    "query": "#5f6fc4",
    "answer": "#9aa3ac",
}

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;background:var(--paper)}
body{margin:0 auto;padding:1.5rem 1.25rem 3rem;max-width:74rem;background:var(--paper);color:var(--ink);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1,h2,h3,h4,p,dl,ul,ol,table,pre{margin:0}
h1{font-size:1.05rem;font-weight:600}
h2{font-size:1.15rem;font-weight:650;margin:2.25rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;font-weight:650}
h4{font-size:.95rem;font-weight:650}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
code,bdi,td,th{unicode-bidi:isolate}
time{font-variant-numeric:tabular-nums}
.soft{color:var(--soft);font-weight:400}
.lead{font-size:1.45rem;line-height:1.25;font-weight:650;margin:.55rem 0 .5rem;text-wrap:balance}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;color:var(--soft);padding:0;list-style:none}
header{border-left:.4rem solid var(--line);padding-left:1rem}
header.down{border-color:var(--down)}header.degraded{border-color:var(--degraded)}
header.unknown{border-color:var(--unknown);border-left-style:double}header.healthy{border-color:var(--healthy)}
.pace{margin:.5rem 0;padding:.35rem .6rem;border:1px dashed var(--soft);border-radius:.25rem;display:inline-block}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;margin:1rem 0 0;list-style:none;font-size:.93rem}
.verdict{display:inline-block;white-space:nowrap;font-size:.8rem;font-weight:700;letter-spacing:.03em;line-height:1.35;
padding:.05rem .45rem;border:1px solid transparent;border-radius:.25rem}
.verdict.down{background:var(--down);color:var(--on-down)}
.verdict.degraded{background:var(--degraded);color:var(--on-degraded)}
.verdict.unknown{color:var(--unknown);border:1px dashed var(--unknown)}
.verdict.healthy{color:var(--healthy);padding-left:0}
.verdict.down.victim{background:none;color:var(--down);border-color:var(--down)}
.verdict.degraded.victim{background:none;color:var(--degraded);border-color:var(--degraded)}
.verdict.not_deployed{color:var(--soft);padding-left:0}
header .verdict{font-size:1rem}
.card{border:1px solid var(--line);border-left:.3rem solid var(--down);border-radius:.3rem;padding:.8rem 1rem;
margin:.8rem 0;background:var(--panel)}
.card.degraded{border-left-color:var(--degraded)}
.card.unknown{border-left-color:var(--unknown)}
.card.plain{border-left-color:var(--soft)}
.card>*+*{margin-top:.55rem}
.card .title{display:flex;flex-wrap:wrap;gap:.2rem .7rem;align-items:baseline}
.problem+.problem{border-top:1px solid var(--line);padding-top:.6rem}
.problem>*+*{margin-top:.4rem}
.summary{font-size:1.05rem}
dl{display:grid;grid-template-columns:9.4rem 1fr;gap:.1rem .9rem}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
.remedy{border:1px solid var(--line);border-radius:.25rem;background:var(--paper);
padding:.5rem .7rem;white-space:pre-line}
.remedy strong{display:block;font-size:.88rem;color:var(--soft);font-weight:600}
.victims{border-top:1px dashed var(--line);padding-top:.5rem}
.victims>details>summary{color:var(--ink)}
.victims ul{padding-left:1.1rem;margin-top:.3rem}
.victims li+li{margin-top:.25rem}
details>summary{cursor:pointer;color:var(--soft);padding:.15rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
caption{text-align:left;color:var(--soft);padding:.1rem 0 .4rem;font-size:.93rem}
th,td{text-align:left;vertical-align:top;padding:.32rem .7rem .32rem 0;font-weight:400;
border-bottom:1px solid var(--line)}
thead th{overflow-wrap:normal;color:var(--soft);font-size:.86rem;font-weight:600;border-bottom-color:var(--soft)}
td.number,th.number{text-align:right;white-space:nowrap}
th.number,td.number{padding-left:.3rem}
tfoot th,tfoot td{font-weight:650;border-bottom:0;border-top:1px solid var(--soft)}
tr.service th,tr.service td{background:var(--panel);border-top:1px solid var(--line)}
tr.service th{font-weight:650;padding-left:.5rem}
tr.target th{padding-left:.5rem}
tr.target th .soft,.responses th .soft{display:block}
.dashboard tbody th{min-width:13rem}.responses tbody th{min-width:12rem}
table.pairs{width:auto;min-width:20rem}table.pairs th{color:var(--soft)}
table.pairs caption,table.pairs thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.pairs th,table.pairs td{padding-top:.1rem;padding-bottom:.1rem}
table.pairs td{white-space:pre-wrap;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.84rem}
.when{white-space:nowrap}
.bar{display:block;width:100%;min-width:12rem;height:.6rem;background:var(--panel);margin:.25rem 0 .2rem}
.phases{display:flex;flex-wrap:wrap;gap:.05rem .8rem;padding:0;list-style:none;font-size:.88rem;color:var(--soft)}
.phases .failed{color:var(--down);font-weight:650}
.swatch{display:inline-block;width:.6rem;height:.6rem;margin-right:.3rem}
.swatch rect{width:100%;height:100%}
.bar .failed{fill:var(--down)}
.bad{color:var(--down);font-weight:650;white-space:nowrap}
.burning{color:var(--down);font-weight:650}
.seen{display:block;color:var(--soft);font-size:.82rem}
svg.trend{display:block;width:100%;height:4.5rem;margin:.3rem 0;border-bottom:1px solid var(--soft)}
rect.trend{fill:var(--link)}
section>table+table,section>p+table{margin-top:.8rem}
.levels td.number{white-space:normal;min-width:5.2rem}.levels tbody th{min-width:8rem}
pre{white-space:pre-wrap;padding:.6rem .8rem;border:1px solid var(--line);border-radius:.25rem;background:var(--panel)}
.ids{font-size:.88rem}
.notes{padding-left:1.1rem;margin-top:.8rem}.notes li+li{margin-top:.2rem}
@media (max-width:46rem){
body{padding:1rem .9rem 2rem;font-size:16px}
.lead{font-size:1.3rem}
table:not(.pairs),table:not(.pairs)>tbody,table:not(.pairs)>tfoot,caption{display:block}
table:not(.pairs)>thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table:not(.pairs)>*>tr{display:grid;grid-template-columns:1fr 1fr;gap:.05rem .9rem;padding:.45rem 0;
border-bottom:1px solid var(--line)}
table:not(.pairs)>*>tr>*{display:block;border:0;padding:0}
table:not(.pairs)>*>tr>th,table:not(.pairs)>*>tr>td.wide,table:not(.pairs)>*>tr>td:last-child{grid-column:1/-1}
table:not(.pairs)>tbody>tr>th{font-weight:650}
table:not(.pairs)>*>tr>td.number{text-align:left}
table:not(.pairs)>*>tr>td:empty{display:none}
table:not(.pairs)>*>tr>td[data-label]::before{content:attr(data-label)" ";
color:var(--soft);font-size:.84rem;display:block}
tr.service{background:var(--panel);padding:.45rem .5rem!important}
tr.service th,tr.service td{background:none;border:0}
tr.service th,tr.target th{padding-left:0}
table.pairs{width:100%}
.bar{min-width:0}td.wide{margin-top:.15rem}
.when{white-space:normal}
dl{grid-template-columns:6.4rem 1fr;gap:.1rem .6rem}
}
@media print{
@page{margin:14mm}
body{max-width:none;padding:0;font-size:10pt}
nav{display:none}
.card,tr,.problem{break-inside:avoid}
h2,h3,caption{break-after:avoid}
.card,.verdict,header,.bar,.swatch{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{content-visibility:visible;block-size:auto}
a{color:inherit}
}
"""


def stylesheet() -> str:
    """The whole style sheet, without any reference to the outside."""
    light = "".join(f"--{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--{name}:{value};" for name, value in DARK.items())
    phases = "".join(f".p-{name}{{fill:{value}}}" for name, value in _PHASES_LIGHT.items())
    return (
        f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f"{phases}{_RULES}"
    )
