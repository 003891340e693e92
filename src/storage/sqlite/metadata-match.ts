/** Whether metadata have all values of `:metadata`, a JSON object of lists: each equal to its field, or in it if that is a list. */
export const hasMetadata = (metadata: string): string => `not exists (
       select 1
       from json_each(:metadata) field
       cross join json_each(field.value) wanted
       where not exists (
         select 1
         from json_each(${metadata}) held
         where held.key = field.key
           and (held.type = wanted.type and held.atom is wanted.atom
             or exists (
               select 1
               from json_each(case held.type when 'array' then held.value else '[]' end) item
               where item.type = wanted.type and item.atom is wanted.atom))))`
