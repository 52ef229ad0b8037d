//! JSON read as the API's document means it, where serde by itself would read something else.
//!
//! A struct is an object: serde's derive also takes a list of the fields' values in their order, which no document tells
//! of, and whose meaning a new field in the middle would change. And a whole number is one also when it is written `5.0`
//! (JSON Schema 2020-12, Validation §6.1.1), as languages with one kind of number do.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

/// A deserialiser that reads so, however deep.
pub(super) struct AsDocumented<D>(pub(super) D);

/// Hands on what stays as it is, its visitor wrapped so that what is inside is read by the same rule.
macro_rules! hand_on {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Inside(visitor))
        }
    )+};
}

macro_rules! whole_numbers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(WholeNumber(visitor))
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for AsDocumented<D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any deserialize_bool deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Inside(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Inside(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Inside(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Inside(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Inside(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Inside(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident $kind:ty),+) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )+};
}

/// A visitor that wants a whole number.
struct WholeNumber<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for WholeNumber<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! { visit_i64 i64, visit_i128 i128, visit_u64 u64, visit_u128 u128 }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        // serde_json reads a fraction to within one unit in the last place, which past here is not far from a whole: what
        // might have been another number is refused rather than changed.
        const EXACT: f64 = (1_i64 << 50) as f64;
        if value.fract() == 0.0 && value.abs() <= EXACT {
            self.0.visit_i64(value as i64)
        } else {
            self.0.visit_f64(value)
        }
    }
}

/// What is inside a value is read by the same rule: a visitor, a seed, or the access to entries.
struct Inside<T>(T);

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool bool, visit_i64 i64, visit_i128 i128, visit_u64 u64, visit_u128 u128, visit_f64 f64, visit_char char,
        visit_str &str, visit_borrowed_str &'de str, visit_string String, visit_bytes &[u8],
        visit_borrowed_bytes &'de [u8], visit_byte_buf Vec<u8>
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(AsDocumented(value))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(AsDocumented(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Inside(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Inside(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Inside(data))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(AsDocumented(value))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Inside<A> {
    type Error = A::Error;
    type Variant = Inside<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, variant) = self.0.variant_seed(seed)?;
        Ok((name, Inside(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Inside(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Inside(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Inside(visitor))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::AsDocumented;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        inner: Option<Inner>,
        list: Vec<Inner>,
        choice: Choice,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        number: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Nothing,
        One(Inner),
        Pair(i64, Inner),
    }

    #[derive(Debug, Deserialize)]
    struct Unsigned {
        number: u64,
    }

    fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, serde_json::Error> {
        T::deserialize(AsDocumented(&mut serde_json::Deserializer::from_str(json)))
    }

    /// What serde makes of it by itself.
    fn read_loosely(json: &str) -> Result<Outer, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn what_is_made_of_objects_is_read_as_ever() {
        for json in [
            r#"{"inner":{"number":1},"list":[{"number":-2}],"choice":{"one":{"number":3}}}"#,
            r#"{"inner":null,"list":[],"choice":"nothing","more":[1,{"a":2}]}"#,
            r#"{"inner":{"number":1},"list":[],"choice":{"pair":[4,{"number":5}]}}"#,
        ] {
            assert_eq!(read::<Outer>(json).expect(json), read_loosely(json).expect(json));
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_fraction() {
        for (json, number) in [("5.0", 5), ("-5.0", -5), ("-0.0", 0), ("2e3", 2000), ("1125899906842624.0", 1 << 50)] {
            let json = format!(r#"{{"number":{json}}}"#);
            assert!(serde_json::from_str::<Inner>(&json).is_err(), "serde itself refuses {json}");
            assert_eq!(read::<Inner>(&json).expect(&json), Inner { number });
        }
        for json in ["5.5", "1e300", "1125899906842625.0", "\"5\"", "true"] {
            assert!(read::<Inner>(&format!(r#"{{"number":{json}}}"#)).is_err(), "{json}");
        }
        assert!(read::<Unsigned>(r#"{"number":5.0}"#).is_ok_and(|read| read.number == 5));
        assert!(read::<Unsigned>(r#"{"number":-5.0}"#).is_err());
    }

    #[test]
    fn a_list_is_no_struct_wherever_it_stands() {
        for json in [
            r#"[{"number":1},[],"nothing"]"#,
            r#"{"inner":[1],"list":[],"choice":"nothing"}"#,
            r#"{"inner":null,"list":[[1]],"choice":"nothing"}"#,
            r#"{"inner":null,"list":[],"choice":{"one":[3]}}"#,
            r#"{"inner":null,"list":[],"choice":{"pair":[4,[5]]}}"#,
        ] {
            assert!(read_loosely(json).is_ok(), "serde itself takes {json}");
            assert!(read::<Outer>(json).is_err(), "{json}");
        }
    }
}
