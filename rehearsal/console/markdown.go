package console

import (
	"regexp"
	"strings"
)

// block is a heading (1 to 6), a paragraph (0) or preformatted code of a text widget.
type block struct {
	Heading int    `json:"heading,omitempty"`
	Code    bool   `json:"code,omitempty"`
	Spans   []span `json:"spans"`
}

// span is a piece of text in one style. The page makes text nodes of it, so markup in it means nothing.
type span struct {
	Text string `json:"text"`
	Bold bool   `json:"bold,omitempty"`
	Code bool   `json:"code,omitempty"`
	// Link is an absolute http or https address; any other address stays text.
	Link string `json:"link,omitempty"`
}

var (
	heading = regexp.MustCompile(`^(#{1,6})\s+(.*)$`)
	// inline finds code, bold and links, whichever begins first; code is taken as it is.
	inline = regexp.MustCompile("`([^`]+)`" + `|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)`)
)

// parseMarkdown reads what dashboards write: headings, paragraphs, fenced code, and in them bold, code and links.
func parseMarkdown(text string) []block {
	var blocks []block
	var paragraph, code []string
	fenced := false
	endParagraph := func() {
		if len(paragraph) > 0 {
			blocks = append(blocks, block{Spans: parseInline(strings.Join(paragraph, " "))})
		}
		paragraph = nil
	}
	endCode := func() {
		blocks = append(blocks, block{Code: true, Spans: []span{{Text: strings.Join(code, "\n")}}})
		code, fenced = nil, false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		title := heading.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(line, "```") && fenced:
			endCode()
		case strings.HasPrefix(line, "```"):
			endParagraph()
			fenced = true
		case fenced:
			code = append(code, line)
		case title != nil:
			endParagraph()
			blocks = append(blocks, block{Heading: len(title[1]), Spans: parseInline(title[2])})
		case strings.TrimSpace(line) == "":
			endParagraph()
		default:
			paragraph = append(paragraph, strings.TrimSpace(line))
		}
	}
	endParagraph()
	if fenced {
		endCode()
	}
	return blocks
}

func parseInline(text string) []span {
	var spans []span
	plain := func(s string) {
		if s != "" {
			spans = append(spans, span{Text: s})
		}
	}
	for {
		m := inline.FindStringSubmatchIndex(text)
		if m == nil {
			plain(text)
			return spans
		}
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		plain(text[:m[0]])
		switch {
		case group(1) != "":
			spans = append(spans, span{Text: group(1), Code: true})
		case group(2) != "":
			for _, inner := range parseInline(group(2)) {
				inner.Bold = true
				spans = append(spans, inner)
			}
		case isWebAddress(group(4)):
			spans = append(spans, span{Text: group(3), Link: group(4)})
		default:
			plain(group(3) + " (" + group(4) + ")")
		}
		text = text[m[1]:]
	}
}

func isWebAddress(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}
