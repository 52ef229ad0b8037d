/* All leads of a cache that are not deleted, with the 47 columns of every CSV export, for sqlite3 on an unencrypted copy. */
SELECT hex(l.id) AS id, l.name, l.email, l.phone, s.name AS stage, m.name AS owner, l.source, l.campaign, l.tags, l.notes,
       nullif(l.value_key, -9223372036854775808) AS value, (SELECT currency FROM studio) AS currency, l.state,
       l.first_touch ->> '$.utm_source' AS first_touch_utm_source,
       l.first_touch ->> '$.utm_medium' AS first_touch_utm_medium,
       l.first_touch ->> '$.utm_campaign' AS first_touch_utm_campaign,
       l.first_touch ->> '$.utm_content' AS first_touch_utm_content,
       l.first_touch ->> '$.utm_term' AS first_touch_utm_term,
       l.first_touch ->> '$.gclid' AS first_touch_gclid,
       l.first_touch ->> '$.fbclid' AS first_touch_fbclid,
       l.first_touch ->> '$.ctwa_clid' AS first_touch_ctwa_clid,
       l.first_touch ->> '$.form' AS first_touch_form,
       l.first_touch ->> '$.ad' AS first_touch_ad,
       l.first_touch ->> '$.campaign' AS first_touch_campaign,
       l.first_touch ->> '$.referred_by' AS first_touch_referred_by,
       l.last_touch ->> '$.utm_source' AS last_touch_utm_source,
       l.last_touch ->> '$.utm_medium' AS last_touch_utm_medium,
       l.last_touch ->> '$.utm_campaign' AS last_touch_utm_campaign,
       l.last_touch ->> '$.utm_content' AS last_touch_utm_content,
       l.last_touch ->> '$.utm_term' AS last_touch_utm_term,
       l.last_touch ->> '$.gclid' AS last_touch_gclid,
       l.last_touch ->> '$.fbclid' AS last_touch_fbclid,
       l.last_touch ->> '$.ctwa_clid' AS last_touch_ctwa_clid,
       l.last_touch ->> '$.form' AS last_touch_form,
       l.last_touch ->> '$.ad' AS last_touch_ad,
       l.last_touch ->> '$.campaign' AS last_touch_campaign,
       l.last_touch ->> '$.referred_by' AS last_touch_referred_by,
       l.created_at, l.updated_at, l.last_activity_at, coalesce(a.messages, 0) AS message_count,
       NULL AS opt_out_status, NULL AS opt_out_at, NULL AS opt_out_method, NULL AS opt_out_keyword,
       NULL AS consent_messaging, NULL AS consent_marketing -- and the studio's own
FROM lead l JOIN stage s ON s.ref = l.stage_ref LEFT JOIN member m ON m.ref = l.owner_ref
LEFT JOIN lead_messages a ON a.lead_n = l.n
WHERE l.state <> 2
ORDER BY l.n;
