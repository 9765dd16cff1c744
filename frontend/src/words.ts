/** The texts that the script itself shows, in the languages of the web app. */
const WORDS = {
  table: { en: "Table", hi: "तालिका", ml: "പട്ടിക" },
  chart: { en: "Chart", hi: "चित्र", ml: "ചിത്രം" },
  svg: { en: "SVG", hi: "SVG", ml: "SVG" },
  csv: { en: "CSV", hi: "CSV", ml: "CSV" },
  log: {
    en: "log scale: each step is ten times the last",
    hi: "लघुगणकीय पैमाना: हर चरण पिछले का दस गुना",
    ml: "ലോഗ് സ്കെയിൽ: ഓരോ പടിയും മുമ്പത്തേതിന്റെ പത്തിരട്ടി",
  },
  arrows: {
    en: "Arrow keys go from mark to mark.",
    hi: "तीर कुंजियाँ एक चिह्न से दूसरे पर ले जाती हैं।",
    ml: "അമ്പടയാള കീകൾ ഒരു അടയാളത്തിൽ നിന്ന് അടുത്തതിലേക്ക് പോകുന്നു.",
  },
  radius: { en: "within {km} km", hi: "{km} किमी के भीतर", ml: "{km} കി.മീ. ഉള്ളിൽ" },
  size: {
    en: "A circle's area is the count; a ring is how far off the place may be, where that is wider than the circle.",
    hi: "वृत्त का क्षेत्रफल संख्या है; घेरा बताता है कि स्थान कितनी दूर तक हो सकता है, जहाँ यह वृत्त से बड़ा है।",
    ml: "വൃത്തത്തിന്റെ വിസ്തീർണം എണ്ണമാണ്; സ്ഥലം എത്ര ദൂരെ വരെയാകാമെന്ന് വളയം പറയുന്നു, അത് വൃത്തത്തേക്കാൾ വലുതാണെങ്കിൽ.",
  },
  outlines: { en: "Outlines: {credit}", hi: "सीमा-रेखाएँ: {credit}", ml: "അതിർത്തിരേഖകൾ: {credit}" },
  closer: { en: "Zoom in", hi: "बड़ा करें", ml: "വലുതാക്കുക" },
  farther: { en: "Zoom out", hi: "छोटा करें", ml: "ചെറുതാക്കുക" },
  whole: { en: "Show the whole map", hi: "पूरा मानचित्र दिखाएँ", ml: "മുഴുവൻ ഭൂപടവും കാണിക്കുക" },
  west: { en: "Move to the west", hi: "पश्चिम की ओर", ml: "പടിഞ്ഞാറോട്ട്" },
  north: { en: "Move to the north", hi: "उत्तर की ओर", ml: "വടക്കോട്ട്" },
  south: { en: "Move to the south", hi: "दक्षिण की ओर", ml: "തെക്കോട്ട്" },
  east: { en: "Move to the east", hi: "पूर्व की ओर", ml: "കിഴക്കോട്ട്" },
  showMe: { en: "Show me", hi: "मुझे दिखाएँ", ml: "കാണിച്ചുതരൂ" },
  endTour: { en: "End", hi: "समाप्त", ml: "അവസാനിപ്പിക്കുക" },
  filterList: { en: "Filter this list", hi: "यह सूची फ़िल्टर करें", ml: "ഈ പട്ടിക ഫിൽട്ടർ ചെയ്യുക" },
  sortBy: { en: "Sort by", hi: "क्रम", ml: "ക്രമം" },
  previous: { en: "Previous", hi: "पिछला", ml: "മുമ്പത്തേത്" },
  next: { en: "Next", hi: "अगला", ml: "അടുത്തത്" },
  none: { en: "none", hi: "कुछ नहीं", ml: "ഒന്നുമില്ല" },
  fault: {
    en: "That did not work. Nothing was changed.",
    hi: "यह नहीं हो सका। कुछ भी नहीं बदला।",
    ml: "ഇത് നടന്നില്ല. ഒന്നും മാറിയിട്ടില്ല.",
  },
};

export type Word = keyof typeof WORDS;

export function word(key: Word): string {
  const lang = document.documentElement.lang.slice(0, 2);
  const texts = WORDS[key];
  return lang === "hi" || lang === "ml" ? texts[lang] : texts.en;
}
