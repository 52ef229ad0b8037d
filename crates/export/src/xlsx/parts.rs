//! The parts of a workbook that are not rows.

use std::fmt::Write as _;

/// Ends a cell whose text continues on another sheet.
pub(super) const CONTINUED_NOTE: &str = "… [continues on the sheet “Continued”]";

/// Up to the column widths; the first row stays in sight.
pub(super) const SHEET_START: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<sheetViews><sheetView workbookViewId="0">"#,
    r#"<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>"#,
    r#"</sheetView></sheetViews>"#,
);
pub(super) const SHEET_END: &str = "</sheetData></worksheet>";

/// Id, name, e-mail, phone, stage to campaign, tags, notes, value to state, touches, times, the rest.
pub(super) const LEAD_COLUMN_WIDTHS: &str = concat!(
    r#"<cols><col min="1" max="1" width="38" customWidth="1"/><col min="2" max="3" width="28" customWidth="1"/>"#,
    r#"<col min="4" max="8" width="18" customWidth="1"/><col min="9" max="10" width="28" customWidth="1"/>"#,
    r#"<col min="11" max="13" width="10" customWidth="1"/><col min="14" max="37" width="18" customWidth="1"/>"#,
    r#"<col min="38" max="40" width="20" customWidth="1"/><col min="41" max="97" width="18" customWidth="1"/></cols>"#,
);
pub(super) const CONTINUED_COLUMN_WIDTHS: &str = concat!(
    r#"<cols><col min="1" max="1" width="38" customWidth="1"/><col min="2" max="3" width="18" customWidth="1"/>"#,
    r#"<col min="4" max="4" width="80" customWidth="1"/></cols>"#,
);

/// Every style of `cell::Style`, in its order.
const STYLES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>"#,
    r#"<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>"#,
    r#"<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>"#,
    r#"<fills count="2"><fill><patternFill patternType="none"/></fill>"#,
    r#"<fill><patternFill patternType="gray125"/></fill></fills>"#,
    r#"<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"#,
    r#"<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>"#,
    // At the top: of a text of several lines in a row of one, the first is seen.
    r#"<cellXfs count="5">"#,
    r#"<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top"/></xf>"#,
    r#"<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>"#,
    r#"<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">"#,
    r#"<alignment vertical="top"/></xf>"#,
    r#"<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">"#,
    r#"<alignment vertical="top"/></xf>"#,
    r#"<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">"#,
    r#"<alignment vertical="top"/></xf></cellXfs>"#,
    r#"<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>"#,
    r#"</styleSheet>"#,
);

const PACKAGE_RELATIONSHIPS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" "#,
    r#"Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" "#,
    r#"Target="xl/workbook.xml"/></Relationships>"#,
);

/// Path and content of every part beside the sheets; `sheets` are their names in order.
pub(super) fn workbook_parts(sheets: &[String]) -> [(&'static str, String); 5] {
    let mut types = String::from(concat!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
        r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
        r#"<Default Extension="xml" ContentType="application/xml"/>"#,
        r#"<Override PartName="/xl/workbook.xml" "#,
        r#"ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>"#,
        r#"<Override PartName="/xl/styles.xml" "#,
        r#"ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"#,
    ));
    let mut workbook = String::from(concat!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" "#,
        r#"xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">"#,
        r#"<bookViews><workbookView/></bookViews><sheets>"#,
    ));
    let mut relationships = String::from(concat!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId0" "#,
        r#"Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>"#,
    ));
    for (number, name) in (1..).zip(sheets) {
        // The names are ours and need no escaping. Writing to a string can't fail.
        let _ = write!(workbook, r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#);
        let _ = write!(
            types,
            concat!(
                r#"<Override PartName="/xl/worksheets/sheet{}.xml" "#,
                r#"ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#,
            ),
            number
        );
        let _ = write!(
            relationships,
            concat!(
                r#"<Relationship Id="rId{0}" "#,
                r#"Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" "#,
                r#"Target="worksheets/sheet{0}.xml"/>"#,
            ),
            number
        );
    }
    types.push_str("</Types>");
    workbook.push_str("</sheets></workbook>");
    relationships.push_str("</Relationships>");
    [
        ("[Content_Types].xml", types),
        ("_rels/.rels", PACKAGE_RELATIONSHIPS.to_owned()),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relationships),
        ("xl/styles.xml", STYLES.to_owned()),
    ]
}
