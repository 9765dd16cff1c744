"""The Schedule's fields in its order, in each language, as a reader finds them on the page."""

from sightline.evidence.documents.document_facts import Language

EN, HI, ML = Language.ENGLISH, Language.HINDI, Language.MALAYALAM

SOURCE = {
    EN: [
        "Computer / Storage Media", "DVR", "Mobile", "Flash Drive", "CD/DVD", "Server", "Cloud", "Other", "Other:",
        "Make & Model:", "Color:", "Serial Number:", "IMEI/UIN/UID/MAC/Cloud ID", "(as applicable)",
        "any other relevant information, if any, about the device/digital record", "(specify)",
    ],
    HI: [
        "कंप्यूटर / भंडारण मीडिया", "डीवीआर", "मोबाइल", "फ्लैश ड्राइव", "सीडी/डीवीडी", "सर्वर", "क्लाउड", "अन्य", "अन्य:",
        "मेक और मॉडल:", "रंग:", "क्रम संख्यांक:", "आईएमईआई/यूआईएन/यूआईडी/मैक/क्लाउड आईडी", "(जो लागू हो)",
        "कोई अन्य सुसंगत जानकारी, यदि कोई हो,", "(विनिर्दिष्ट करें)।",
    ],
    ML: [
        "കമ്പ്യൂട്ടർ / സംഭരണ മാധ്യമം", "ഡി.വി.ആർ", "മൊബൈൽ", "ഫ്ലാഷ് ഡ്രൈവ്", "സി.ഡി/ഡി.വി.ഡി", "സെർവർ", "ക്ലൗഡ്", "മറ്റുള്ളവ",
        "മറ്റുള്ളവ:",
        "നിർമ്മാതാവും മോഡലും:", "നിറം:", "സീരിയൽ നമ്പർ:", "ഐ.എം.ഇ.ഐ/യു.ഐ.എൻ/യു.ഐ.ഡി/മാക്/ക്ലൗഡ് ഐ.ഡി", "(ബാധകമായത്)",
        "മറ്റു പ്രസക്ത വിവരങ്ങൾ, ഉണ്ടെങ്കിൽ,", "(വ്യക്തമാക്കുക)",
    ],
}  # fmt: skip
HASH = {
    EN: ["HASH value/s of the electronic/digital record/s is", "obtained through the following algorithm:—",
         "SHA1", "SHA256", "MD5", "Other", "(Legally acceptable standard)",
         "(Hash report to be enclosed with the certificate)"],
    HI: ["अभिलेखों का हैश मान", "निम्नलिखित एल्गोरिदम के माध्यम से अभिप्राप्त किया गया है:—",
         "SHA1", "SHA256", "MD5", "अन्य", "(विधिक रूप से स्वीकार्य मानक)",
         "(हैश रिपोर्ट प्रमाणपत्र के साथ संलग्न की जाए)"],
    ML: ["രേഖകളുടെ ഹാഷ് മൂല്യം/മൂല്യങ്ങൾ", "അൽഗോരിതം മുഖേന ലഭിച്ചതാണെന്നും ഞാൻ പ്രസ്താവിക്കുന്നു:—",
         "SHA1", "SHA256", "MD5", "മറ്റുള്ളവ", "(നിയമപരമായി സ്വീകാര്യമായ മാനദണ്ഡം)",
         "(ഹാഷ് റിപ്പോർട്ട് സാക്ഷ്യപത്രത്തോടൊപ്പം ചേർക്കേണ്ടതാണ്)"],
}  # fmt: skip
DATES = {
    EN: ["Date (DD/MM/YYYY):", "Time (IST):", "hours (In 24 hours format)", "Place:"],
    HI: ["तारीख (दिन/मास/वर्ष):", "समय (भा.मा.स.):", "बजे (24 घंटे के प्ररूप में)", "स्थान:"],
    ML: ["തീയതി (ദിവസം/മാസം/വർഷം):", "സമയം (IST):", "മണി (24 മണിക്കൂർ രീതിയിൽ)", "സ്ഥലം:"],
}
OPENING = {
    EN: [
        "I,",
        "(Name), Son/daughter/spouse of",
        "residing/employed at",
        "do hereby solemnly affirm and sincerely state",
    ],
    HI: ["मैं,", "(नाम), पुत्र/पुत्री/पति या पत्नी", "निवासी/नियोजित", "सत्यनिष्ठा से प्रतिज्ञान करता/करती हूं"],
    ML: ["ഞാൻ,", "(പേര്),", "മകൻ/മകൾ/ജീവിതപങ്കാളി,", "താമസിക്കുന്ന/ജോലി ചെയ്യുന്ന", "ദൃഢപ്രതിജ്ഞ ചെയ്ത്"],
}
TAKEN_A = {
    EN: ["I have produced electronic record/output of the digital record taken from the following",
         "device/digital record source (tick mark):—"],
    HI: ["मैंने निम्नलिखित युक्ति/डिजिटल अभिलेख स्रोत से लिया गया इलैक्ट्रानिक अभिलेख/डिजिटल",
         "अभिलेख का आउटपुट प्रस्तुत किया है (सही का निशान लगाएं):—"],
    ML: ["താഴെപ്പറയുന്ന ഉപകരണത്തിൽ/ഡിജിറ്റൽ രേഖാ സ്രോതസ്സിൽ നിന്ന് എടുത്ത ഇലക്ട്രോണിക്",
         "രേഖ/ഡിജിറ്റൽ രേഖയുടെ ഔട്ട്പുട്ട് ഞാൻ ഹാജരാക്കിയിരിക്കുന്നു (ശരി അടയാളം ഇടുക):—"],
}  # fmt: skip
TAKEN_B = {
    EN: ["The produced electronic record/output of the digital record are obtained from the following",
         "device/digital record source (tick mark):—"],
    HI: ["प्रस्तुत इलैक्ट्रानिक अभिलेख/डिजिटल अभिलेख का आउटपुट निम्नलिखित युक्ति/डिजिटल अभिलेख",
         "स्रोत से अभिप्राप्त किया गया है (सही का निशान लगाएं):—"],
    ML: ["ഹാജരാക്കിയ ഇലക്ട്രോണിക് രേഖ/ഡിജിറ്റൽ രേഖയുടെ ഔട്ട്പുട്ട് താഴെപ്പറയുന്ന ഉപകരണത്തിൽ/ഡിജിറ്റൽ",
         "രേഖാ സ്രോതസ്സിൽ നിന്ന് ലഭിച്ചതാണ് (ശരി അടയാളം ഇടുക):—"],
}  # fmt: skip
STATEMENTS = {
    EN: ["under the lawful control for regularly creating, storing or processing information",
         "the computer or the communication device was working properly",
         "the relevant information was regularly fed into the computer during the ordinary course of business.",
         "then it has not affected the electronic/digital record or its accuracy.",
         "Owned", "Maintained", "Managed", "Operated", "by me (select as applicable)."],
    HI: ["विधिपूर्ण नियंत्रण के अधीन था", "कंप्यूटर या संसूचना युक्ति उचित रूप से कार्य कर रही थी",
         "कंप्यूटर में नियमित रूप से डाली गई थी।", "उसकी शुद्धता प्रभावित नहीं हुई है।",
         "अभिलेख का स्रोत मेरे:—",
         "स्वामित्व", "अनुरक्षण", "प्रबंधन", "प्रचालन", "में है (जो लागू हो उसका चयन करें)।"],
    ML: ["നിയമാനുസൃത നിയന്ത്രണത്തിലായിരുന്നു", "ആശയവിനിമയ ഉപകരണം ശരിയായി പ്രവർത്തിച്ചിരുന്നു",
         "കമ്പ്യൂട്ടറിലേക്ക് പതിവായി നൽകിയിരുന്നു.", "കൃത്യതയെയോ ബാധിച്ചിട്ടില്ല.",
         "ഉടമസ്ഥതയിൽ", "പരിപാലനത്തിൽ", "നടത്തിപ്പിൽ", "പ്രവർത്തനച്ചുമതലയിൽ", "ഉള്ളതാണ് (ബാധകമായത് തിരഞ്ഞെടുക്കുക)."],
}  # fmt: skip
HEADS = {
    EN: ["The Bharatiya Sakshya Adhiniyam, 2023", "[See section 63(4)(c)]", "CERTIFICATE"],
    HI: ["भारतीय साक्ष्य अधिनियम, 2023", "[धारा 63(4)(ग) देखिए]", "प्रमाणपत्र"],
    ML: ["ഭാരതീയ സാക്ഷ്യ അധിനിയം, 2023", "[വകുപ്പ് 63(4)(സി) കാണുക]", "സാക്ഷ്യപത്രം"],
}
PART_A = {
    EN: ["PART A", "(To be filled by the Party)"],
    HI: ["भाग क", "(पक्षकार द्वारा भरा जाए)"],
    ML: ["ഭാഗം എ", "(കക്ഷി പൂരിപ്പിക്കേണ്ടത്)"],
}
PART_B = {
    EN: ["PART B", "(To be filled by the Expert)"],
    HI: ["भाग ख", "(विशेषज्ञ द्वारा भरा जाए)"],
    ML: ["ഭാഗം ബി", "(വിദഗ്ധൻ പൂരിപ്പിക്കേണ്ടത്)"],
}
SIGNED_A = {EN: ["(Name and signature)"], HI: ["(नाम और हस्ताक्षर)"], ML: ["(പേരും ഒപ്പും)"]}
SIGNED_B = {EN: ["(Name, designation and signature)"], HI: ["(नाम, पदनाम और हस्ताक्षर)"], ML: ["(പേരും തസ്തികയും ഒപ്പും)"]}

SCHEDULE = {
    language: [
        *HEADS[language], *PART_A[language], *OPENING[language], *TAKEN_A[language], *SOURCE[language],
        *STATEMENTS[language],
        *HASH[language], *DATES[language], *SIGNED_A[language],
        *PART_B[language], *OPENING[language], *TAKEN_B[language], *SOURCE[language], *HASH[language], *DATES[language],
        *SIGNED_B[language],
    ]
    for language in Language
}  # fmt: skip

SECTION_65B = {
    EN: ["The Indian Evidence Act, 1872", "[Section 65B(4)]", "do hereby certify",
         "as to the electronic record/s identified below;", "[section 65B(4)(a)]",
         "involved in the production of the electronic record/s is", "[section 65B(4)(b)]", "[section 65B(4)(c)]",
         "(a)", "by the person having lawful control over the use of the computer;",
         "(b)", "was regularly fed into the computer in the ordinary course of the said activities;",
         "(c)", "the computer was operating properly or, if not,",
         "(d)", "reproduces or is derived from such information",
         "the operation of the relevant device", "the management of the relevant activities",
         "to the best of my knowledge and belief.", "(Name, designation and signature)"],
    HI: ["भारतीय साक्ष्य अधिनियम, 1872", "[धारा 65ख(4)]", "निम्नलिखित प्रमाणित करता/करती हूं:", "[धारा 65ख(4)(क)]",
         "[धारा 65ख(4)(ख)]", "[धारा 65ख(4)(ग)]",
         "(क)", "जिसका कंप्यूटर के उपयोग पर विधिपूर्ण नियंत्रण था,", "(ख)", "कंप्यूटर में नियमित रूप से डाली गई थी;",
         "(ग)", "संपूर्ण तात्त्विक भाग में निरंतर, कंप्यूटर उचित रूप से कार्य कर रहा था या, यदि नहीं,", "(घ)",
         "पुनरुत्पादन है या उससे व्युत्पन्न है।",
         "सुसंगत युक्ति का प्रचालन", "सुसंगत क्रियाकलापों का प्रबंध",
         "मेरे सर्वोत्तम ज्ञान और विश्वास के अनुसार", "(नाम, पदनाम और हस्ताक्षर)"],
    ML: ["ഇന്ത്യൻ തെളിവ് നിയമം, 1872", "[വകുപ്പ് 65ബി(4)]", "സാക്ഷ്യപ്പെടുത്തുന്നു:", "[വകുപ്പ് 65ബി(4)(എ)]",
         "[വകുപ്പ് 65ബി(4)(ബി)]", "[വകുപ്പ് 65ബി(4)(സി)]",
         "(എ)", "നിയമാനുസൃത നിയന്ത്രണമുള്ള ആൾ", "(ബി)", "കമ്പ്യൂട്ടറിലേക്ക് പതിവായി നൽകിയിരുന്നു;",
         "(സി)", "കമ്പ്യൂട്ടർ ശരിയായി പ്രവർത്തിച്ചിരുന്നു,", "(ഡി)", "പുനരുത്പാദനമാണ്, അല്ലെങ്കിൽ അതിൽ നിന്ന് ലഭിച്ചതാണ്.",
         "പ്രസക്തമായ ഉപകരണത്തിന്റെ പ്രവർത്തനം", "പ്രസക്തമായ പ്രവർത്തനങ്ങളുടെ നടത്തിപ്പ്",
         "അറിവും വിശ്വാസവും അനുസരിച്ചാണ്.", "(പേരും തസ്തികയും ഒപ്പും)"],
}  # fmt: skip


def missing(text: str, fields: list[str]) -> list[str]:
    """The fields that do not stand in the text after the fields before them; the text is without spaces."""
    at, gone = 0, []
    for field in fields:
        found = text.find("".join(field.split()), at)
        if found < 0:
            gone.append(field)
        else:
            at = found + len("".join(field.split()))
    return gone
